package org.naturalinversion.backend.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.backend.jni.Sequence;
import org.naturalinversion.tensor.DType;

/**
 * A convolution to or from images. oneDNN computes channels of a result side by side, 16 at a time,
 * and three of them cost what 16 do. Where a result is as thin as that, another convolution of the
 * same numbers does the same with fewer lanes idle:
 *
 * <ul>
 *   <li>Folded: four neighbours of a row, with their channels, are one position with four times the
 *       channels, computed by a window that is three wider and goes four at a time. In memory both
 *       results are the same; the filters are four copies of the old ones, each shifted by one, the
 *       rest zeros. For the output, and for the input's gradient, which under a stride of 1 is a
 *       convolution of the output's gradient with mirrored filters.
 *   <li>Swapped: the sum over positions that gives a weight's gradient does not care which of its
 *       two factors is called the input. With the wider one called the output's gradient, it is
 *       that which lies side by side; the gradients come out mirrored.
 * </ul>
 *
 * Directions that gain nothing are left as they are.
 */
final class ThinConvolution extends Owned implements Convolution {
    /** How many neighbours are folded: with three channels, 12 lanes of 16 are then in use. */
    private static final int FOLD = 4;

    /** Results of more channels than this are not folded. */
    private static final int FOLDED_CHANNELS = 4;

    /** Outputs of more channels than this are not swapped with the input. */
    private static final int SWAPPED_CHANNELS = 8;

    /** One vector of channels; an input of fewer is thin itself. */
    private static final int WIDE = 16;

    private static final int ALIGNMENT = 64;

    private final OneDnn library;
    private final Kernels kernels;
    private final ConvolutionSpec spec;
    private final Map<Direction, OneDnnConvolution> ways = new EnumMap<>(Direction.class);

    ThinConvolution(OneDnn library, ConvolutionSpec spec) {
        super(List.of(library));
        this.library = library;
        this.kernels = library.backend().kernels();
        this.spec = spec;
        OneDnnConvolution plain = new OneDnnConvolution(library, this, spec);
        for (Direction direction : Direction.values()) {
            ways.put(
                    direction,
                    isOther(direction, spec)
                            ? new OneDnnConvolution(library, this, other(direction))
                            : plain);
        }
    }

    /** Whether there is a direction that gains. */
    static boolean suits(ConvolutionSpec spec) {
        return Arrays.stream(Direction.values()).anyMatch(d -> isOther(d, spec));
    }

    private static boolean isOther(Direction direction, ConvolutionSpec spec) {
        Window window = spec.window();
        boolean simple =
                spec.groups() == 1
                        && !spec.transposed()
                        && window.strideHeight() * window.strideWidth() == 1
                        && window.dilationHeight() * window.dilationWidth() == 1
                        && Math.max(window.padTop(), window.padBottom()) < window.kernelHeight()
                        && Math.max(window.padLeft(), window.padRight()) < window.kernelWidth();
        return simple
                && switch (direction) {
                    case FORWARD -> folds(spec.outChannels(), spec.outWidth(), window);
                    case DATA -> folds(spec.inChannels(), spec.width(), window);
                    case WEIGHTS ->
                            spec.outChannels() <= SWAPPED_CHANNELS && spec.inChannels() >= WIDE;
                };
    }

    /** A window of width 1 would be four times as wide, a wider one is not even twice. */
    private static boolean folds(int channels, int width, Window window) {
        return channels <= FOLDED_CHANNELS && width % FOLD == 0 && window.kernelWidth() >= 3;
    }

    private ConvolutionSpec other(Direction direction) {
        return switch (direction) {
            case FORWARD -> folded(spec);
            case DATA -> folded(backwards());
            case WEIGHTS -> backwards();
        };
    }

    /** From the output's gradient to the input's. */
    private ConvolutionSpec backwards() {
        Window window = spec.window();
        Window mirrored =
                new Window(
                        window.kernelHeight(),
                        window.kernelWidth(),
                        1,
                        1,
                        window.kernelHeight() - 1 - window.padTop(),
                        window.kernelWidth() - 1 - window.padLeft(),
                        window.kernelHeight() - 1 - window.padBottom(),
                        window.kernelWidth() - 1 - window.padRight(),
                        1,
                        1);
        return new ConvolutionSpec(
                spec.batch(),
                spec.outHeight(),
                spec.outWidth(),
                spec.outChannels(),
                spec.inChannels(),
                mirrored,
                1,
                false,
                spec.input(),
                spec.input(),
                false,
                false,
                Activation.IDENTITY,
                spec.tf32());
    }

    private static ConvolutionSpec folded(ConvolutionSpec spec) {
        Window window = spec.window();
        Window wider =
                new Window(
                        window.kernelHeight(),
                        window.kernelWidth() + FOLD - 1,
                        1,
                        FOLD,
                        window.padTop(),
                        window.padLeft(),
                        window.padBottom(),
                        window.padRight(),
                        1,
                        1);
        return new ConvolutionSpec(
                spec.batch(),
                spec.height(),
                spec.width(),
                spec.inChannels(),
                FOLD * spec.outChannels(),
                wider,
                1,
                false,
                spec.input(),
                spec.output(),
                spec.bias(),
                spec.residual(),
                spec.activation(),
                spec.tf32());
    }

    @Override
    public long packedBytes(Direction direction) {
        return way(direction).packedBytes(doing(direction));
    }

    @Override
    public long scratchBytes(Direction direction) {
        long own = isOther(direction, spec) ? ownScratchBytes(direction) : 0;
        return own + way(direction).scratchBytes(doing(direction));
    }

    @Override
    public Routine pack(Direction direction) {
        if (direction == Direction.WEIGHTS || !isOther(direction, spec)) {
            return way(direction).pack(direction);
        }
        Routine pack = way(direction).pack(Direction.FORWARD);
        ConvolutionSpec other = other(direction);
        return new Sequence(
                pack.name(),
                pack.signature(),
                0,
                arguments -> {
                    Memory folded = temporary(4 * other.weights());
                    List<Task> tasks = new ArrayList<>();
                    for (int shift = 0; shift < FOLD; shift++) {
                        tasks.add(fold(direction, (Memory) arguments.get(0), folded, shift));
                    }
                    tasks.add(pack.bind(Arrays.asList(folded, arguments.get(1))));
                    return tasks;
                });
    }

    @Override
    public Routine forward() {
        Routine forward = way(Direction.FORWARD).forward();
        if (!isOther(Direction.FORWARD, spec)) {
            return forward;
        }
        return new Sequence(
                name("", Direction.FORWARD, spec.output(), "folded"),
                forward.signature(),
                spec.flops(),
                arguments -> {
                    List<Object> given = new ArrayList<>(arguments);
                    List<Task> tasks = new ArrayList<>();
                    if (spec.bias()) {
                        Memory own = own(Direction.FORWARD, arguments);
                        tasks.add(
                                copy(
                                        (Memory) given.get(2),
                                        own,
                                        new long[] {0, 0},
                                        new long[] {1, 1, FOLD, spec.outChannels()},
                                        new long[] {0, 0, 0, 1},
                                        new long[] {0, 0, spec.outChannels(), 1}));
                        given.set(2, own);
                    }
                    given.set(given.size() - 1, rest(Direction.FORWARD, arguments));
                    tasks.add(forward.bind(given));
                    return tasks;
                });
    }

    @Override
    public Routine dataGradient() {
        if (!isOther(Direction.DATA, spec)) {
            return way(Direction.DATA).dataGradient();
        }
        Routine forward = way(Direction.DATA).forward();
        return new Sequence(
                name("data ", Direction.DATA, spec.input(), "folded"),
                forward.signature(),
                spec.flops(),
                arguments -> List.of(forward.bind(arguments)));
    }

    @Override
    public Routine weightGradient() {
        Routine gradient = way(Direction.WEIGHTS).weightGradient();
        if (!isOther(Direction.WEIGHTS, spec)) {
            return gradient;
        }
        Routine sum = kernels.find("column_sum");
        return new Sequence(
                name("weights ", Direction.WEIGHTS, DType.F32, "swapped"),
                spec.bias() ? "rrwww" : "rrww",
                spec.flops(),
                arguments -> {
                    Object x = arguments.get(0);
                    Object gy = arguments.get(1);
                    List<Task> tasks = new ArrayList<>();
                    tasks.add(
                            gradient.bind(
                                    Arrays.asList(
                                            gy,
                                            x,
                                            arguments.get(2),
                                            rest(Direction.WEIGHTS, arguments))));
                    if (spec.bias()) {
                        long rows = (long) spec.batch() * spec.outHeight() * spec.outWidth();
                        tasks.add(
                                sum.bind(
                                        Arrays.asList(
                                                spec.input().code(),
                                                gy,
                                                arguments.get(3),
                                                own(Direction.WEIGHTS, arguments),
                                                rows,
                                                spec.outChannels())));
                    }
                    return tasks;
                });
    }

    @Override
    public Routine unpack() {
        Routine unpack = way(Direction.WEIGHTS).unpack();
        if (!isOther(Direction.WEIGHTS, spec)) {
            return unpack;
        }
        return new Sequence(
                unpack.name(),
                unpack.signature(),
                0,
                arguments -> {
                    Memory mirrored = temporary(4 * spec.weights());
                    return List.of(
                            unpack.bind(Arrays.asList(arguments.get(0), mirrored)),
                            mirror(mirrored, (Memory) arguments.get(1)));
                });
    }

    @Override
    protected String what() {
        return spec.name(spec.output());
    }

    /** All that is native about this is owned. */
    @Override
    protected void free() {}

    private OneDnnConvolution way(Direction direction) {
        requireOpen();
        return ways.get(direction);
    }

    /** What the convolution behind a direction is asked to do. */
    private Direction doing(Direction direction) {
        return direction == Direction.DATA && isOther(direction, spec)
                ? Direction.FORWARD
                : direction;
    }

    private String name(String prefix, Direction direction, DType result, String trick) {
        return "%s%s %s %s"
                .formatted(
                        prefix,
                        spec.name(result),
                        trick,
                        way(direction).implementation(doing(direction)));
    }

    // ---- scratch memory: first ours, then what the convolution behind it takes -----------------

    private long ownScratchBytes(Direction direction) {
        long floats =
                !spec.bias()
                        ? 0
                        : switch (direction) {
                            case FORWARD -> (long) FOLD * spec.outChannels();
                            case DATA -> 0;
                            case WEIGHTS -> (long) kernels.reductionParts() * spec.outChannels();
                        };
        return (4 * floats + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private Memory own(Direction direction, List<Object> arguments) {
        return scratch(arguments).slice(0, ownScratchBytes(direction));
    }

    private Memory rest(Direction direction, List<Object> arguments) {
        long bytes = way(direction).scratchBytes(direction);
        return bytes == 0 ? null : scratch(arguments).slice(ownScratchBytes(direction), bytes);
    }

    private Memory scratch(List<Object> arguments) {
        Memory scratch = (Memory) arguments.get(arguments.size() - 1);
        if (scratch == null) {
            throw new IllegalArgumentException(what() + " was given no scratch memory");
        }
        return scratch;
    }

    // ---- weights -------------------------------------------------------------------------------

    /** Copies the filters to where those of one of the folded neighbours are. */
    private Task fold(Direction direction, Memory weights, Memory folded, int shift) {
        ConvolutionSpec other = other(direction);
        long height = other.window().kernelHeight();
        long width = other.window().kernelWidth();
        long in = other.inChannels();
        long out = other.outChannels() / FOLD;
        long[] to = {in * height * width, height * width, width, 1};
        long first = shift * out * to[0] + shift;
        return direction == Direction.FORWARD
                ? copy(weights, folded, new long[] {0, first}, extents(), strides(), to)
                : copy(
                        weights,
                        folded,
                        new long[] {last(), first},
                        new long[] {out, in, height, spec.window().kernelWidth()},
                        backwardStrides(),
                        to);
    }

    /** Turns the gradients of mirrored filters into those of ours. */
    private Task mirror(Memory mirrored, Memory gradient) {
        long points = (long) spec.window().kernelHeight() * spec.window().kernelWidth();
        return copy(
                mirrored,
                gradient,
                new long[] {last(), 0},
                extents(),
                new long[] {points, spec.outChannels() * points, -spec.window().kernelWidth(), -1},
                strides());
    }

    /** The extents of the weights: O, I, KH, KW. */
    private long[] extents() {
        return new long[] {
            spec.outChannels(),
            spec.inChannels(),
            spec.window().kernelHeight(),
            spec.window().kernelWidth()
        };
    }

    private long[] strides() {
        long width = spec.window().kernelWidth();
        long points = spec.window().kernelHeight() * width;
        return new long[] {spec.inChannels() * points, points, width, 1};
    }

    /** For walking over the weights in the order I, O, KH, KW, the window from its end. */
    private long[] backwardStrides() {
        long[] strides = strides();
        return new long[] {strides[1], strides[0], -strides[2], -1};
    }

    /** The last element of a filter's window. */
    private long last() {
        return (long) spec.window().kernelHeight() * spec.window().kernelWidth() - 1;
    }

    /** Copies a block of float32 numbers; offsets, extents and strides are in elements. */
    private Task copy(
            Memory from,
            Memory into,
            long[] offsets,
            long[] extents,
            long[] fromStrides,
            long[] intoStrides) {
        List<Object> arguments =
                new ArrayList<>(List.of(DType.F32.code(), from, into, offsets[0], offsets[1]));
        for (int i = 0; i < extents.length; i++) {
            arguments.addAll(List.of(extents[i], fromStrides[i], intoStrides[i]));
        }
        return kernels.find("block_copy").bind(arguments);
    }

    /** Memory full of zeros that lives as long as this. */
    private Memory temporary(long bytes) {
        return library.backend().allocate(bytes, this).slice(0, bytes);
    }
}
