package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionContract;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.DType;

/** Which shapes are kept from what, whatever the processor. */
class OneDnnFaultTest {
    private static final String FORWARD_AMX = "brg_conv_fwd:avx10_1_512_amx";

    /** The window over four neighbours at a time: 3x3 to images of width 4. */
    private static final Window LEAP = new Window(3, 6, 1, 4, 1, 1, 1, 1, 1, 1);

    @Test
    void oneColumnNeedsNoStride() {
        ConvolutionSpec spec = plain(5, 4, LEAP);
        ConvolutionSpec avoided = OneDnnFault.avoided(spec);
        assertThat(avoided.window()).isEqualTo(new Window(3, 6, 1, 1, 1, 1, 1, 1, 1, 1));
        assertThat(avoided.outWidth()).isEqualTo(1);
        assertThat(OneDnnFault.isIn(FORWARD_AMX, spec, Direction.FORWARD)).isTrue();
        assertThat(OneDnnFault.isIn(FORWARD_AMX, avoided, Direction.FORWARD)).isFalse();
    }

    @Test
    void paddingThatNobodyReachesGoesWithTheStride() {
        ConvolutionSpec spec = plain(5, 4, new Window(3, 6, 1, 4, 1, 1, 1, 4, 1, 1));
        ConvolutionSpec avoided = OneDnnFault.avoided(spec);
        assertThat(avoided.window()).isEqualTo(new Window(3, 6, 1, 1, 1, 1, 1, 1, 1, 1));
        assertThat(avoided.outWidth()).isEqualTo(1);
    }

    @Test
    void inputThatNobodyReachesTakesAnotherImplementation() {
        ConvolutionSpec spec = plain(5, 6, new Window(3, 3, 1, 4, 1, 0, 1, 0, 1, 1));
        assertThat(OneDnnFault.avoided(spec)).isEqualTo(spec);
        assertThat(OneDnnFault.isIn(FORWARD_AMX, spec, Direction.FORWARD)).isTrue();
        assertThat(OneDnnFault.isIn("brg_conv_fwd:avx512_core", spec, Direction.FORWARD)).isTrue();
        assertThat(OneDnnFault.isIn("jit:avx10_1_512_amx", spec, Direction.FORWARD)).isFalse();
        assertThat(OneDnnFault.isIn(FORWARD_AMX, spec, Direction.WEIGHTS)).isFalse();
    }

    @Test
    void inputLeftOutBesidePaddingTakesAnotherImplementationForBf16() {
        ConvolutionSpec spec = plain(5, 9, new Window(4, 5, 1, 4, 3, 3, 0, 0, 1, 1));
        ConvolutionSpec narrow = ConvolutionContract.typed(spec, DType.BF16, DType.BF16);
        assertThat(OneDnnFault.isIn(FORWARD_AMX, narrow, Direction.FORWARD)).isTrue();
        assertThat(OneDnnFault.isIn(FORWARD_AMX, spec, Direction.FORWARD)).isFalse();
        ConvolutionSpec usual =
                ConvolutionContract.typed(
                        plain(8, 8, Window.square(3, 2, 1)), DType.BF16, DType.BF16);
        assertThat(OneDnnFault.isIn(FORWARD_AMX, usual, Direction.FORWARD)).isFalse();
    }

    @Test
    void aTransposedConvolutionGoesForwardWhereItsGradientGoesBack() {
        ConvolutionSpec spec = ConvolutionContract.transposed(2, 5, 1, 12, 7, LEAP, 1);
        assertThat(OneDnnFault.isIn("conv:any+" + FORWARD_AMX, spec, Direction.DATA)).isTrue();
        assertThat(OneDnnFault.isIn("conv:any+" + FORWARD_AMX, spec, Direction.FORWARD)).isFalse();
        ConvolutionSpec avoided = OneDnnFault.avoided(spec);
        assertThat(avoided.outWidth()).isEqualTo(spec.outWidth());
        assertThat(avoided.window().strideWidth()).isEqualTo(1);
    }

    @Test
    void whatIsRightStaysAsItIs() {
        for (ConvolutionSpec spec :
                new ConvolutionSpec[] {
                    plain(5, 8, LEAP), // two columns
                    plain(1, 4, LEAP), // one row
                    plain(5, 4, new Window(3, 6, 1, 1, 1, 1, 1, 1, 1, 1)),
                }) {
            assertThat(OneDnnFault.avoided(spec)).isEqualTo(spec);
            assertThat(OneDnnFault.isIn(FORWARD_AMX, spec, Direction.FORWARD)).isFalse();
        }
    }

    @Test
    void findsColumnsThatMeetNothingButPadding() {
        assertThat(OneDnnFault.leavesGaps(plain(3, 1, Window.square(3, 1, 1)))).isTrue();
        assertThat(OneDnnFault.leavesGaps(plain(3, 2, Window.square(3, 1, 1)))).isFalse();
        assertThat(OneDnnFault.leavesGaps(plain(3, 8, Window.square(3, 2, 1)))).isFalse();
        assertThat(OneDnnFault.leavesGaps(plain(3, 2, Window.square(3, 2, 1)))).isTrue();
        ConvolutionSpec transposed =
                ConvolutionContract.transposed(1, 3, 1, 2, 2, Window.square(3, 1, 1), 1);
        assertThat(OneDnnFault.leavesGaps(transposed)).isTrue();
    }

    private static ConvolutionSpec plain(int height, int width, Window window) {
        return ConvolutionContract.plain(2, height, width, 7, 12, window, 1);
    }
}
