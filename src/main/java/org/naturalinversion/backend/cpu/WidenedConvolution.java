package org.naturalinversion.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.tensor.DType;

/** A convolution of bfloat16 by one of float32; see {@link Widened}. */
final class WidenedConvolution implements Convolution {
    private final OneDnn library;
    private final ConvolutionSpec spec;
    private final Convolution inner;

    WidenedConvolution(OneDnn library, ConvolutionSpec spec) {
        this.library = library;
        this.spec = spec;
        this.inner =
                library.convolution(
                        new ConvolutionSpec(
                                spec.batch(),
                                spec.height(),
                                spec.width(),
                                spec.inChannels(),
                                spec.outChannels(),
                                spec.window(),
                                spec.groups(),
                                spec.transposed(),
                                DType.F32,
                                DType.F32,
                                spec.bias(),
                                spec.residual(),
                                spec.activation(),
                                spec.tf32()));
    }

    @Override
    public long packedBytes(Direction direction) {
        return inner.packedBytes(direction);
    }

    @Override
    public long scratchBytes(Direction direction) {
        return widened(direction).bytes();
    }

    @Override
    public Routine pack(Direction direction) {
        return inner.pack(direction);
    }

    @Override
    public Routine forward() {
        return routine(Direction.FORWARD);
    }

    @Override
    public Routine dataGradient() {
        return routine(Direction.DATA);
    }

    @Override
    public Routine weightGradient() {
        return routine(Direction.WEIGHTS);
    }

    @Override
    public Routine unpack() {
        return inner.unpack();
    }

    @Override
    public void close() {
        inner.close();
    }

    private Routine routine(Direction direction) {
        Widened widened = widened(direction);
        String prefix =
                direction == Direction.FORWARD
                        ? ""
                        : direction.name().toLowerCase(Locale.ROOT) + " ";
        DType result =
                switch (direction) {
                    case FORWARD -> spec.output();
                    case DATA -> spec.input();
                    case WEIGHTS -> DType.F32;
                };
        return widened.widen(prefix + spec.name(result) + " widened");
    }

    private Widened widened(Direction direction) {
        Routine routine =
                switch (direction) {
                    case FORWARD -> inner.forward();
                    case DATA -> inner.dataGradient();
                    case WEIGHTS -> inner.weightGradient();
                };
        List<Long> widths =
                new ArrayList<>(
                        switch (direction) {
                            case FORWARD -> forwardWidths();
                            case DATA -> List.of(output(DType.BF16), 0L, input());
                            case WEIGHTS ->
                                    spec.bias()
                                            ? List.of(input(), output(DType.BF16), 0L, 0L)
                                            : List.of(input(), output(DType.BF16), 0L);
                        });
        return new Widened(
                library.backend().kernels(), routine, inner.scratchBytes(direction), widths);
    }

    private List<Long> forwardWidths() {
        List<Long> widths = new ArrayList<>(List.of(input(), 0L));
        if (spec.bias()) {
            widths.add(0L);
        }
        if (spec.residual()) {
            widths.add(output(spec.output()));
        }
        widths.add(output(spec.output()));
        return widths;
    }

    private long input() {
        return 2L * spec.batch() * spec.height() * spec.width() * spec.inChannels();
    }

    /** Bytes of a tensor like the output, or 0 if it is not bfloat16. */
    private long output(DType type) {
        return type == DType.F32
                ? 0
                : 2L * spec.batch() * spec.outHeight() * spec.outWidth() * spec.outChannels();
    }
}
