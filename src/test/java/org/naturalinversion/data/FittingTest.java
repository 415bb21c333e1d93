package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.naturalinversion.model.ImageSize;

class FittingTest {
    @Test
    void leavesWhatFits() {
        Picture picture = picture(2, 3, 1, 1, 2, 3, 4, 5, 6);
        assertThat(Fitting.fit(picture, new ImageSize(2, 3, 1))).isSameAs(picture);
    }

    @Test
    void takesBrightnessOfColourAndColoursGrey() {
        assertThat(fit(picture(1, 2, 3, 255, 0, 0, 10, 20, 30), 1, 2, 3))
                .containsExactly(255, 0, 0, 10, 20, 30);
        // 0.299 * 255 = 76.245; 0.299 * 10 + 0.587 * 20 + 0.114 * 30 = 18.15
        assertThat(fit(picture(1, 2, 3, 255, 0, 0, 10, 20, 30), 1, 2, 1)).containsExactly(76, 18);
        assertThat(fit(picture(1, 2, 1, 7, 200), 1, 2, 3)).containsExactly(7, 7, 7, 200, 200, 200);
    }

    @Test
    void cutsTheMiddleOfTheLongerSide() {
        assertThat(fit(picture(1, 5, 1, 1, 2, 3, 4, 5), 1, 3, 1)).containsExactly(2, 3, 4);
        assertThat(fit(picture(4, 1, 1, 1, 2, 3, 4), 2, 1, 1)).containsExactly(2, 3);
    }

    @Test
    void takesMeansWhenItShrinksAndLinesWhenItEnlarges() {
        // Halved: by the distance from the middle weights are 1, 3, 3, 1, less what is beyond the
        // rim.
        assertThat(
                        fit(
                                picture(
                                        4, 4, 1, 0, 0, 0, 0, 70, 70, 70, 70, 0, 0, 0, 0, 0, 0, 0,
                                        0),
                                2,
                                2,
                                1))
                .containsExactly(30, 30, 10, 10);
        // Doubled: centres lie a quarter of a pixel beside the old ones.
        assertThat(fit(picture(1, 2, 1, 0, 100), 2, 4, 1))
                .containsExactly(0, 25, 75, 100, 0, 25, 75, 100);
    }

    @Test
    void keepsOneColourWhateverTheSize() {
        Picture grey = Picture.blank(37, 101, 3, 200);
        assertThat(fit(grey, 224, 224, 3)).hasSize(224 * 224 * 3).containsOnly(200);
        assertThat(fit(grey, 5, 64, 3)).hasSize(5 * 64 * 3).containsOnly(200);
    }

    @Test
    void refusesChannelsThatPicturesDoNotHave() {
        ImageSize four = new ImageSize(1, 1, 4);
        assertThatThrownBy(() -> Fitting.fit(Picture.blank(1, 1, 1, 0), four))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static int[] fit(Picture picture, int height, int width, int channels) {
        byte[] pixels = Fitting.fit(picture, new ImageSize(height, width, channels)).pixels();
        int[] shades = new int[pixels.length];
        for (int i = 0; i < shades.length; i++) {
            shades[i] = pixels[i] & 0xff;
        }
        return shades;
    }

    private static Picture picture(int height, int width, int channels, int... shades) {
        Picture picture = Picture.blank(height, width, channels, 0);
        for (int i = 0; i < shades.length; i++) {
            picture.pixels()[i] = (byte) shades[i];
        }
        return picture;
    }
}
