package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GridTest {
    private static final int WHITE = 255;

    @Test
    void hasARowForEachClassAndItsNumber() {
        Picture grid = Grid.draw(pictures(40, 32), labels(40, 10));

        // Ten rows of four pictures, three times as large, with gaps of 4 and margins of 12; at the
        // left a column for one digit of 4 x 4 dots.
        assertThat(grid.height()).isEqualTo(12 + 10 * 96 + 9 * 4 + 12);
        assertThat(grid.width()).isEqualTo(12 + 16 + 12 + 4 * 96 + 3 * 4 + 12);
        for (int row = 0; row < 10; row++) {
            for (int column = 0; column < 4; column++) {
                // The pictures of class c are those numbered c, c + 10, c + 20, c + 30.
                assertThat(shade(grid, 12 + row * 100 + 50, 40 + column * 100 + 50))
                        .isEqualTo(row + 10 * column);
            }
            int top = 12 + row * 100;
            assertThat(IntStream.range(0, 28).filter(x -> isInk(grid, top, x)))
                    .as("a number beside row %d", row)
                    .isNotEmpty();
        }
        assertThat(shade(grid, 12 + 97, 60)).isEqualTo(WHITE);
        assertThat(shade(grid, 0, 0)).isEqualTo(WHITE);
    }

    /** Of 64 images of ten classes, four classes have one more. */
    @Test
    void leavesNoImageOut() {
        Picture uneven = Grid.draw(pictures(64, 96), labels(64, 10));

        assertThat(uneven.width()).isEqualTo(40 + 7 * 100 - 4 + 12);
        assertThat(shade(uneven, 12 + 3 * 100 + 50, 40 + 6 * 100 + 50)).isEqualTo(63);
        assertThat(shade(uneven, 12 + 4 * 100 + 50, 40 + 6 * 100 + 50)).isEqualTo(WHITE);
        assertThat(Grid.shown(labels(64, 10))).isEqualTo(64);
    }

    @Test
    void keepsWithinLimitsAndSaysHowManyAreShown() {
        Picture many = Grid.draw(pictures(2000, 96), labels(2000, 100));
        assertThat(many.height()).isEqualTo(12 + 20 * 100 - 4 + 12);
        assertThat(many.width()).isEqualTo(12 + 2 * 16 + 12 + 12 * 100 - 4 + 12);
        assertThat(Grid.shown(labels(2000, 100))).isEqualTo(20 * 12);
        assertThat(Grid.shown(labels(300, 100))).isEqualTo(256);
    }

    @Test
    void isASquareInTheOrderOfClassesWhereClassesHaveFewPictures() {
        List<Integer> backwards = new java.util.ArrayList<>(labels(9, 9));
        Collections.reverse(backwards);

        Picture grid = Grid.draw(pictures(9, 96), backwards);

        assertThat(grid.height()).isEqualTo(12 + 3 * 100 - 4 + 12);
        assertThat(grid.width()).isEqualTo(grid.height());
        assertThat(shade(grid, 12, 12)).isEqualTo(8);
        assertThat(shade(grid, 12 + 200, 12 + 200)).isEqualTo(0);
    }

    @Test
    void shrinksNothing() {
        Picture grid = Grid.draw(pictures(1, 224), List.of(5));
        assertThat(grid.width()).isEqualTo(12 + 224 + 12);
    }

    private static List<Picture> pictures(int count, int size) {
        return IntStream.range(0, count)
                .mapToObj(i -> Picture.blank(size, size, 1, i % 100))
                .toList();
    }

    private static List<Integer> labels(int count, int classes) {
        return IntStream.range(0, count).mapToObj(i -> i % classes).toList();
    }

    private static boolean isInk(Picture grid, int top, int x) {
        return IntStream.range(top, top + 96).anyMatch(y -> shade(grid, y, x) != WHITE);
    }

    private static int shade(Picture grid, int y, int x) {
        return grid.pixels()[y * grid.width() + x] & 0xff;
    }
}
