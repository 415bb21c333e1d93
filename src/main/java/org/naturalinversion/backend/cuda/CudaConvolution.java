package org.naturalinversion.backend.cuda;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.backend.jni.Sequence;
import org.naturalinversion.tensor.DType;

/**
 * A convolution on the device: by cuDNN where it can, else by kernels of our own. Weights lie
 * inside as cuDNN wants them for NHWC, [K, KH, KW, C/groups]. Each direction's way is found when it
 * is first asked for.
 */
final class CudaConvolution extends Owned implements Convolution {
    /** Whether cuDNN computes anything: always, but for who looks at our own kernels. */
    private static final boolean ENGINES = !"off".equals(System.getProperty("ni.cuda.engines"));

    private final CudaDnn library;
    private final Kernels kernels;
    private final ConvolutionSpec spec;
    private final Map<Direction, Way> ways = new EnumMap<>(Direction.class);

    CudaConvolution(CudaDnn library, ConvolutionSpec spec) {
        super(List.of(library));
        this.library = library;
        this.kernels = library.backend().kernels();
        this.spec = spec;
    }

    private Way way(Direction direction) {
        requireOpen();
        library.backend().enter();
        Way way = ways.get(direction);
        if (way == null) {
            Problem problem = Problem.of(spec, direction);
            way =
                    (ENGINES ? EngineWay.find(library, this, problem) : Optional.<Way>empty())
                            .orElseGet(() -> new PlainWay(kernels, problem));
            ways.put(direction, way);
        }
        return way;
    }

    @Override
    public long packedBytes(Direction direction) {
        return spec.weights() * packedType(direction).bytes();
    }

    private DType packedType(Direction direction) {
        return direction == Direction.WEIGHTS ? way(direction).solved().result() : spec.input();
    }

    @Override
    public long scratchBytes(Direction direction) {
        return engineScratch(direction) + (sumsBias(direction) ? sumBytes() : 0);
    }

    /** What the way takes of it; the rest lies behind, aligned. */
    private long engineScratch(Direction direction) {
        long bytes = way(direction).scratchBytes();
        return sumsBias(direction) ? Operands.aligned(bytes) : bytes;
    }

    private boolean sumsBias(Direction direction) {
        return direction == Direction.WEIGHTS && spec.bias();
    }

    private long sumBytes() {
        return 4L * kernels.reductionParts() * spec.outChannels();
    }

    @Override
    public Routine pack(Direction direction) {
        if (direction == Direction.WEIGHTS) {
            throw new IllegalArgumentException("weights are packed for FORWARD and DATA");
        }
        return reorder("pack", "filters_pack", direction);
    }

    @Override
    public Routine unpack() {
        return reorder("unpack", "filters_unpack", Direction.WEIGHTS);
    }

    private Routine reorder(String verb, String kernel, Direction direction) {
        DType type = packedType(direction);
        String name =
                "%s %s %s"
                        .formatted(
                                verb,
                                direction.name().toLowerCase(Locale.ROOT),
                                spec.name(spec.input()));
        return new Sequence(
                name,
                "rw",
                0,
                arguments ->
                        List.of(
                                kernels.find(kernel)
                                        .bind(
                                                List.of(
                                                        type.code(),
                                                        arguments.get(0),
                                                        arguments.get(1),
                                                        spec.outChannels(),
                                                        spec.inChannels(),
                                                        spec.window().kernelHeight()
                                                                * spec.window().kernelWidth(),
                                                        spec.groups(),
                                                        spec.transposed() ? 1 : 0))));
    }

    @Override
    public Routine forward() {
        String signature = "rr" + (spec.bias() ? "r" : "") + (spec.residual() ? "r" : "") + "ww";
        return routine("", Direction.FORWARD, signature, this::forward);
    }

    private List<Task> forward(List<Object> arguments) {
        List<Memory> memory = memory(arguments);
        int next = 2;
        Memory bias = spec.bias() ? memory.get(next++) : null;
        Memory residual = spec.residual() ? memory.get(next++) : null;
        return bind(
                Direction.FORWARD,
                memory.get(0),
                memory.get(1),
                bias,
                residual,
                memory.get(next),
                memory.get(next + 1));
    }

    @Override
    public Routine dataGradient() {
        return routine(
                "data ",
                Direction.DATA,
                "rrww",
                arguments -> {
                    List<Memory> memory = memory(arguments);
                    return bind(
                            Direction.DATA,
                            memory.get(0),
                            memory.get(1),
                            null,
                            null,
                            memory.get(2),
                            memory.get(3));
                });
    }

    @Override
    public Routine weightGradient() {
        String signature = "rrw" + (spec.bias() ? "w" : "") + "w";
        return routine("weights ", Direction.WEIGHTS, signature, this::weightGradient);
    }

    private List<Task> weightGradient(List<Object> arguments) {
        List<Memory> memory = memory(arguments);
        Memory x = memory.get(0);
        Memory gy = memory.get(1);
        Memory scratch = memory.get(memory.size() - 1);
        long engineBytes = engineScratch(Direction.WEIGHTS);
        // A transposed convolution's output is what to its filters is the image.
        List<Task> steps =
                new ArrayList<>(
                        bind(
                                Direction.WEIGHTS,
                                spec.transposed() ? gy : x,
                                spec.transposed() ? x : gy,
                                null,
                                null,
                                memory.get(2),
                                engineBytes == 0 ? null : scratch.slice(0, engineBytes)));
        if (spec.bias()) {
            long rows = (long) spec.batch() * spec.outHeight() * spec.outWidth();
            steps.add(
                    kernels.find("column_sum")
                            .bind(
                                    List.of(
                                            spec.input().code(),
                                            gy,
                                            memory.get(3),
                                            scratch.slice(engineBytes, sumBytes()),
                                            rows,
                                            spec.outChannels())));
        }
        return steps;
    }

    private List<Task> bind(
            Direction direction,
            Memory first,
            Memory second,
            Memory bias,
            Memory residual,
            Memory result,
            Memory scratch) {
        Way way = way(direction);
        Operands operands = new Operands(first, second, bias, residual, result, scratch);
        operands.check(way.solved());
        if (way.scratchBytes() > (scratch == null ? 0 : scratch.bytes())) {
            throw new IllegalArgumentException(
                    "%s needs %d bytes of scratch memory"
                            .formatted(spec.name(spec.output()), way.scratchBytes()));
        }
        return way.bind(operands);
    }

    private static List<Memory> memory(List<Object> arguments) {
        List<Memory> memory = new ArrayList<>();
        arguments.forEach(a -> memory.add((Memory) a));
        return memory;
    }

    private Routine routine(
            String prefix,
            Direction direction,
            String signature,
            Function<List<Object>, List<Task>> parts) {
        Way way = way(direction);
        String name = prefix + spec.name(way.solved().result()) + " " + way.name();
        return new Sequence(name, signature, spec.flops(), parts);
    }

    @Override
    protected String what() {
        return spec.name(spec.output());
    }

    /** All that is native about this is the engines', and those are owned. */
    @Override
    protected void free() {}
}
