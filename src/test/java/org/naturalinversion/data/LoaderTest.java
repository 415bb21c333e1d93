package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.Shape;

class LoaderTest {
    private static final Normalization NORMALIZATION =
            new Normalization(List.of(0.2), List.of(0.5));

    /** Every image is of one value, its number, but for a dark first column. */
    private record Numbered(int size, ImageSize imageSize) implements ImageSet {
        @Override
        public List<String> classes() {
            return List.of("even", "odd");
        }

        @Override
        public int label(int index) {
            return index % 2;
        }

        @Override
        public void pixels(int index, byte[] into, int offset) {
            int row = imageSize.width() * imageSize.channels();
            for (int i = 0; i < row * imageSize.height(); i++) {
                into[offset + i] = (byte) (i % row < imageSize.channels() ? 1 : 100 + index);
            }
        }
    }

    private static final ImageSet SET = new Numbered(23, new ImageSize(5, 4, 3));

    @Test
    void anEpochHasEveryImageOnceInAnOrderOfItsOwn() {
        try (Loader loader = new Loader(SET, NORMALIZATION, Augmentation.NONE, 4, 1)) {
            List<Integer> first = numbers(loader, 0);
            List<Integer> second = numbers(loader, 1);

            assertThat(loader.batches()).isEqualTo(5);
            assertThat(first).hasSize(20).doesNotHaveDuplicates();
            assertThat(second).hasSize(20).doesNotHaveDuplicates().isNotEqualTo(first);
            assertThat(numbers(loader, 0)).isEqualTo(first);
        }
        try (Loader other = new Loader(SET, NORMALIZATION, Augmentation.NONE, 4, 2)) {
            assertThat(numbers(other, 0)).hasSize(20);
            try (Loader same = new Loader(SET, NORMALIZATION, Augmentation.NONE, 4, 1)) {
                assertThat(numbers(other, 0)).isNotEqualTo(numbers(same, 0));
            }
        }
    }

    @Test
    void imagesAreNormalisedAndKeepTheirLabels() {
        try (Loader loader = new Loader(SET, NORMALIZATION, Augmentation.NONE, 4, 1)) {
            for (Loader.Batch batch : loader.epoch(3)) {
                assertThat(batch.images().shape()).isEqualTo(Shape.of(4, 5, 4, 3));
                float[] x = batch.images().toFloats();
                for (int i = 0; i < 4; i++) {
                    int number = number(x[60 * i + 3]);
                    assertThat(x[60 * i]).isEqualTo((float) ((1 / 255.0 - 0.2) / 0.5));
                    assertThat(batch.labels().toFloats()[i]).isEqualTo(number % 2);
                }
            }
        }
    }

    @Test
    void augmentedImagesAreShiftedPastBlackAndMirrored() {
        Map<Boolean, Integer> mirrored = new HashMap<>();
        Set<List<Integer>> places = new HashSet<>();
        float black = (float) ((0 - 0.2) / 0.5);
        try (Loader loader = new Loader(SET, NORMALIZATION, new Augmentation(1, true), 23, 5)) {
            for (int epoch = 0; epoch < 20; epoch++) {
                Loader.Batch batch = loader.epoch(epoch).iterator().next();
                float[] x = batch.images().toFloats();
                for (int i = 0; i < 23; i++) {
                    int blackRows = 0;
                    int blackColumns = 0;
                    for (int y = 0; y < 5; y++) {
                        boolean row = true;
                        for (int w = 0; w < 4; w++) {
                            row &= x[60 * i + (y * 4 + w) * 3] == black;
                        }
                        blackRows += row ? 1 : 0;
                    }
                    for (int w = 0; w < 4; w++) {
                        blackColumns += x[60 * i + (2 * 4 + w) * 3] == black ? 1 : 0;
                    }
                    assertThat(blackRows).isLessThanOrEqualTo(1);
                    assertThat(blackColumns).isLessThanOrEqualTo(1);
                    places.add(List.of(blackRows, blackColumns));
                    boolean dark = number(x[60 * i + 2 * 12]) < 0;
                    mirrored.merge(dark, 1, Integer::sum);
                }
            }
        }
        assertThat(places).hasSize(4);
        assertThat(mirrored.get(true)).isBetween(100, 360);
    }

    @Test
    void aFailureToReadReachesWhoeverAsksForTheBatch() {
        ImageSet broken =
                new ImageSet() {
                    @Override
                    public int size() {
                        return 4;
                    }

                    @Override
                    public ImageSize imageSize() {
                        return new ImageSize(2, 2, 1);
                    }

                    @Override
                    public List<String> classes() {
                        return List.of("only");
                    }

                    @Override
                    public int label(int index) {
                        return 0;
                    }

                    @Override
                    public void pixels(int index, byte[] into, int offset) {
                        throw new DataFileException(Path.of("gone.png"), "cannot be read", null);
                    }
                };
        try (Loader loader = new Loader(broken, NORMALIZATION, Augmentation.NONE, 2, 1)) {
            assertThatThrownBy(() -> loader.epoch(0).iterator().next())
                    .isInstanceOf(DataFileException.class)
                    .hasMessageContaining("gone.png");
        }
    }

    private static List<Integer> numbers(Loader loader, int epoch) {
        List<Integer> numbers = new ArrayList<>();
        for (Loader.Batch batch : loader.epoch(epoch)) {
            float[] x = batch.images().toFloats();
            for (int i = 0; i < 4; i++) {
                numbers.add(number(x[60 * i + 3]));
            }
        }
        return numbers;
    }

    private static int number(float normalised) {
        return (int) Math.round((normalised * 0.5 + 0.2) * 255) - 100;
    }
}
