package org.naturalinversion.backend.cuda;

import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.DType;

/**
 * One of the three things that can be asked about a convolution without a transpose, between images
 * x [n, h, w, c] and results y [n, oh, ow, k], by filters [k, kh, kw, c/groups].
 *
 * @param direction y from x and the filters, x from y and the filters, or the filters' gradient
 *     from x and y
 * @param operands element type of what is multiplied
 * @param result element type of what is computed
 * @param bias element type of a bias that is added; null for none
 * @param residual whether a tensor like the result is added
 * @param activation applied last
 * @param tf32 whether float32 operands may be rounded
 */
record Problem(
        Direction direction,
        int n,
        int h,
        int w,
        int c,
        int oh,
        int ow,
        int k,
        Window window,
        int groups,
        DType operands,
        DType result,
        DType bias,
        boolean residual,
        Activation activation,
        boolean tf32) {

    /**
     * What a direction of a convolution comes down to: a transposed one's output is the image, and
     * its forward pass what is else the data gradient.
     */
    static Problem of(ConvolutionSpec spec, Direction direction) {
        boolean turned = spec.transposed();
        boolean forward = direction == Direction.FORWARD;
        return new Problem(
                turned ? turned(direction) : direction,
                spec.batch(),
                turned ? spec.outHeight() : spec.height(),
                turned ? spec.outWidth() : spec.width(),
                turned ? spec.outChannels() : spec.inChannels(),
                turned ? spec.height() : spec.outHeight(),
                turned ? spec.width() : spec.outWidth(),
                turned ? spec.inChannels() : spec.outChannels(),
                spec.window(),
                spec.groups(),
                spec.input(),
                switch (direction) {
                    case FORWARD -> spec.output();
                    case DATA -> spec.input();
                    case WEIGHTS -> DType.F32;
                },
                forward && spec.bias() ? DType.F32 : null,
                forward && spec.residual(),
                forward ? spec.activation() : Activation.IDENTITY,
                spec.tf32());
    }

    private static Direction turned(Direction direction) {
        return switch (direction) {
            case FORWARD -> Direction.DATA;
            case DATA -> Direction.FORWARD;
            case WEIGHTS -> Direction.WEIGHTS;
        };
    }

    /** Whether something follows the convolution. */
    boolean hasEpilogue() {
        return bias != null || residual || !activation.equals(Activation.IDENTITY);
    }

    /** The same without what follows. */
    Problem withoutEpilogue() {
        return with(result, null, false, Activation.IDENTITY);
    }

    /** The same with a result of the operands' element type. */
    Problem withResultLikeOperands() {
        return with(operands, bias, residual, activation);
    }

    /** The same with a bias, if there is one, of the result's element type. */
    Problem withBiasLikeResult() {
        return with(result, bias == null ? null : result, residual, activation);
    }

    private Problem with(DType resultType, DType biasType, boolean withResidual, Activation last) {
        return new Problem(
                direction,
                n,
                h,
                w,
                c,
                oh,
                ow,
                k,
                window,
                groups,
                operands,
                resultType,
                biasType,
                withResidual,
                last,
                tf32);
    }

    /** Bytes of the bias; 0 if there is none. */
    long biasBytes() {
        return bias == null ? 0 : (long) bias.bytes() * channels();
    }

    /** Bytes of the residual; 0 if there is none. */
    long residualBytes() {
        return residual ? resultBytes() : 0;
    }

    /** Bytes of the first operand: y for the data gradient, else x. */
    long firstBytes() {
        return operands.bytes() * (direction == Direction.DATA ? results() : images());
    }

    /** Bytes of the second operand: y for the filters' gradient, else the filters. */
    long secondBytes() {
        return operands.bytes() * (direction == Direction.WEIGHTS ? results() : filters());
    }

    /** Bytes of what is computed. */
    long resultBytes() {
        return result.bytes()
                * switch (direction) {
                    case FORWARD -> results();
                    case DATA -> images();
                    case WEIGHTS -> filters();
                };
    }

    /** Positions of what is computed, where it is images or results. */
    long rows() {
        return (direction == Direction.DATA ? images() : results()) / channels();
    }

    /** Channels of what is computed, where it is images or results. */
    int channels() {
        return direction == Direction.DATA ? c : k;
    }

    /** Number of filter elements. */
    long filters() {
        return (long) k * window.kernelHeight() * window.kernelWidth() * (c / groups);
    }

    private long images() {
        return (long) n * h * w * c;
    }

    private long results() {
        return (long) n * oh * ow * k;
    }
}
