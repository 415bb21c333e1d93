package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class PictureTest {
    private static final Normalization PIXELS = Normalization.Preset.NONE.of(1);

    @Test
    void undoesTheNormalisationOfEveryChannel() {
        Normalization normalization =
                new Normalization(List.of(0.5, 0.25, 0.0), List.of(0.25, 0.5, 1.0));
        HostTensor image = HostTensor.of(Shape.of(1, 1, 2, 3), 0f, 0f, 0f, 2f, 0.5f, 0.2f);

        Picture picture = Picture.of(image, 0, normalization);

        assertThat(shades(picture)).containsExactly(128, 64, 0, 255, 128, 51);
    }

    @Test
    void cutsOffWhatCannotBeShownAndRoundsTheRest() {
        HostTensor image =
                HostTensor.of(
                        Shape.of(1, 1, 7, 1),
                        -0.1f,
                        1.5f,
                        Float.NaN,
                        Float.POSITIVE_INFINITY,
                        0.5f / 255,
                        0.49f / 255,
                        254.6f / 255);

        assertThat(shades(Picture.of(image, 0, PIXELS))).containsExactly(0, 255, 0, 255, 1, 0, 255);
    }

    @Test
    void takesTheImageOfTheIndex() {
        HostTensor images = HostTensor.of(Shape.of(3, 1, 1, 1), 0f, 1f, 0.2f);
        assertThat(shades(Picture.of(images, 2, PIXELS))).containsExactly(51);
    }

    @Test
    void stretchesFromLeastToMost() {
        HostTensor images = HostTensor.of(Shape.of(2, 1, 3, 1), 0f, 0f, 0f, -4f, 0f, 4f);

        assertThat(shades(Picture.stretched(images, 1))).containsExactly(0, 128, 255);
        assertThat(shades(Picture.stretched(images, 0))).containsExactly(0, 0, 0);
    }

    @Test
    void enlargesPixelsToSquares() {
        Picture picture = new Picture(1, 2, 1, new byte[] {1, 2});
        assertThat(picture.enlarged(2))
                .satisfies(
                        large -> {
                            assertThat(large.height()).isEqualTo(2);
                            assertThat(large.width()).isEqualTo(4);
                            assertThat(large.pixels()).containsExactly(1, 1, 2, 2, 1, 1, 2, 2);
                        });
    }

    @Test
    void isGreyOrRgb() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Picture.blank(1, 1, 4, 0))
                .withMessageContaining("4 channels");
    }

    private static int[] shades(Picture picture) {
        int[] shades = new int[picture.pixels().length];
        for (int i = 0; i < shades.length; i++) {
            shades[i] = picture.pixels()[i] & 0xff;
        }
        return shades;
    }
}
