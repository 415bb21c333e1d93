package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.ImageSize;

class ImageSetsTest {
    @TempDir Path folder;

    @Test
    void readsCifar10InItsParts() throws IOException {
        write("data_batch_1.bin", cifar(1, 3, 0));
        write("data_batch_2.bin", cifar(1, 2, 5));
        write("test_batch.bin", cifar(1, 1, 9));
        Files.writeString(folder.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");

        ImageSet train = ImageSets.open(folder, Part.TRAIN);

        assertThat(ImageSets.parts(folder)).containsExactly(Part.TRAIN, Part.TEST);
        assertThat(train.size()).isEqualTo(5);
        assertThat(train.imageSize()).isEqualTo(new ImageSize(32, 32, 3));
        assertThat(train.classes()).hasSize(10).startsWith("a", "b").endsWith("j");
        assertThat(labels(train)).containsExactly(0, 1, 2, 5, 6);
        byte[] pixels = new byte[3 + 3072];
        train.pixels(4, pixels, 3);
        // Red, green and blue of the first two pixels, each plane 7 more than the last.
        assertThat(Arrays.copyOf(pixels, 9)).containsExactly(0, 0, 0, 1, 8, 15, 2, 9, 16);
        ImageSet test = ImageSets.open(folder, Part.TEST);
        assertThat(labels(test)).containsExactly(9);
        assertThat(labels(ImageSets.open(folder.resolve("data_batch_2.bin"), Part.TEST)))
                .containsExactly(5, 6);
    }

    @Test
    void readsTheFineLabelsOfCifar100() throws IOException {
        write("test.bin", cifar(2, 4, 90));

        ImageSet set = ImageSets.open(folder, Part.TRAIN);

        assertThat(labels(set)).containsExactly(90, 91, 92, 93);
        assertThat(set.classes()).hasSize(100).endsWith("99");
        byte[] pixels = new byte[3072];
        set.pixels(2, pixels, 0);
        assertThat(Arrays.copyOf(pixels, 4)).containsExactly(2, 9, 16, 3);
    }

    @Test
    void matchesClassesByName() throws IOException {
        ImageSet tests = folders("b", "c");

        ImageSet matched = ImageSets.matched(folder, tests, List.of("a", "b", "c"));

        assertThat(labels(matched)).containsExactly(1, 2);
        assertThat(matched.classes()).containsExactly("a", "b", "c");
        assertThat(labels(matched.fitted(new ImageSize(2, 2, 1)))).containsExactly(1, 2);
        assertThatThrownBy(() -> ImageSets.matched(folder, tests, List.of("a", "b", "d")))
                .isInstanceOf(DataFileException.class)
                .hasMessageEndingWith("has a class 'c', which is not one of a, b, d");
    }

    @Test
    void matchesClassesWithoutNamesByPosition() throws IOException {
        ImageSet named = folders("a", "b");
        ImageSet numbered = ImageSets.numbered(folders("1", "2"), 3);

        assertThat(labels(ImageSets.matched(folder, named, List.of("0", "1", "2"))))
                .containsExactly(0, 1);
        assertThat(labels(ImageSets.matched(folder, numbered, List.of("a", "b", "c"))))
                .containsExactly(1, 2);
    }

    @Test
    void takesNumbersForLabels() throws IOException {
        ImageSet set = ImageSets.numbered(folders("03", "7"), 10);

        assertThat(labels(set)).containsExactly(3, 7);
        assertThat(set.classes()).hasSize(10).endsWith("9");
        for (List<String> names :
                List.of(List.of("3", "10"), List.of("3", "03"), List.of("3", "x"))) {
            ImageSet other = folders(names.toArray(String[]::new));
            assertThat(ImageSets.numbered(other, 10)).isSameAs(other);
        }
    }

    private ImageSet folders(String... names) throws IOException {
        Path parent = Files.createTempDirectory(folder, "set");
        for (String name : names) {
            Files.createDirectory(parent.resolve(name));
            Files.write(
                    parent.resolve(name).resolve("0.png"),
                    Png.encode(Picture.blank(4, 4, 1, 0), Map.of()));
        }
        return ImageSets.open(parent, Part.TEST);
    }

    @Test
    void doesNotWaitForAPipe() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

        assertThatThrownBy(() -> ImageSets.open(pipe, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageEndingWith("is neither a file nor a folder");
    }

    @Test
    void refusesWhatIsNoCifar() throws IOException {
        Path cut = write("cut.bin", Arrays.copyOf(cifar(1, 2, 0), 6000));
        Path wrong = write("wrong.bin", cifar(1, 3, 8));
        Path empty = write("empty.bin", new byte[0]);
        Path packed = write("packed.bin", gzip(cifar(1, 2, 0)));

        assertThatThrownBy(() -> ImageSets.open(packed, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("is gzipped");

        assertThatThrownBy(() -> ImageSets.open(cut, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessage(
                        cut
                                + ": is not a CIFAR or MNIST file: 6000 bytes are not a whole number"
                                + " of CIFAR-10 records of 3073 bytes, or of CIFAR-100 records of"
                                + " 3074");
        assertThatThrownBy(() -> ImageSets.open(wrong, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("image 2 has label 10, the highest possible is 9");
        assertThatThrownBy(() -> ImageSets.open(empty, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("0 bytes are not a whole number");
        assertThatThrownBy(() -> ImageSets.open(folder.resolve("nil"), Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("no such file or folder");
    }

    @Test
    void readsIdxPackedAndNot() throws IOException {
        write("train-images-idx3-ubyte", idx(0x803, 6, 3, 1, 2));
        write("train-labels-idx1-ubyte.gz", gzip(idx(0x801, 3, 3)));
        write("t10k-images-idx3-ubyte.gz", gzip(idx(0x803, 2, 1, 1, 2)));
        write("t10k-labels-idx1-ubyte", idx(0x801, 1, 1));

        ImageSet train = ImageSets.open(folder, Part.TRAIN);

        assertThat(ImageSets.parts(folder)).containsExactly(Part.TRAIN, Part.TEST);
        assertThat(train.imageSize()).isEqualTo(new ImageSize(1, 2, 1));
        assertThat(labels(train)).containsExactly(0, 1, 2);
        assertThat(train.classes()).containsExactly("0", "1", "2");
        byte[] pixels = new byte[4];
        train.pixels(2, pixels, 1);
        assertThat(pixels).containsExactly(0, 4, 5, 0);
        assertThat(ImageSets.open(folder, Part.TEST).size()).isOne();
        assertThat(ImageSets.open(folder.resolve("t10k-images-idx3-ubyte.gz"), Part.TRAIN).size())
                .isOne();
    }

    @Test
    void refusesIdxThatIsNotWhatItSays() throws IOException {
        Path images = folder.resolve("x-images-idx3-ubyte");
        assertIdx(
                idx(0x803, 4, 2, 1, 2),
                idx(0x801, 3, 3),
                "has 2 images, x-labels-idx1-ubyte has 3");
        assertIdx(idx(0x803, 5, 2, 1, 2), idx(0x801, 2, 2), "has more bytes than its 2 images");
        assertIdx(idx(0x803, 3, 2, 1, 2), idx(0x801, 2, 2), "is damaged or cut short");
        assertIdx(idx(0x803, 4, 2, 0, 2), idx(0x801, 2, 2), "2 images of 0 x 2 pixels");
        assertIdx(idx(0x803, 4, -1, 1, 2), idx(0x801, 2, -1), "-1 images of 1 x 2 pixels");
        assertIdx(idx(0x801, 4, 4), idx(0x801, 2, 2), "begins with 00000801, not 00000803");
        assertIdx(new byte[7], idx(0x801, 2, 2), "begins with 00000000");
        assertIdx(new byte[3], idx(0x801, 2, 2), "the header would need 4 bytes");
        assertIdx(gzip(idx(0x803, 3, 2, 1, 2)), idx(0x801, 2, 2), "4 bytes, only 3 are left");
        assertIdx(gzip(idx(0x803, 5, 2, 1, 2)), idx(0x801, 2, 2), "has more bytes than");
        assertIdx(gzip(idx(0x803, 4, 2, 9999, 9999)), idx(0x801, 2, 2), "would unpack to far more");
        byte[] cut = gzip(idx(0x803, 4, 2, 1, 2));
        assertIdx(Arrays.copyOf(cut, cut.length - 5), idx(0x801, 2, 2), "cannot be read");
        Files.delete(folder.resolve("x-labels-idx1-ubyte"));
        assertThatThrownBy(() -> ImageSets.open(images, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("there is no x-labels-idx1-ubyte beside it");
        write("y-images-idx3-ubyte", new byte[0]);
        assertThatThrownBy(() -> ImageSets.open(folder, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("contains several sets of images, x-*, y-*");
    }

    private void assertIdx(byte[] images, byte[] labels, String message) throws IOException {
        Path file = write("x-images-idx3-ubyte", images);
        write("x-labels-idx1-ubyte", labels);
        assertThatThrownBy(() -> ImageSets.open(file, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining(message);
    }

    private Path write(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    static int[] labels(ImageSet set) {
        int[] labels = new int[set.size()];
        Arrays.setAll(labels, set::label);
        return labels;
    }

    /** Records whose labels count up; byte i of image n's plane p is n + i + 7 p. */
    static byte[] cifar(int labelBytes, int images, int firstLabel) {
        ByteBuffer records = ByteBuffer.allocate(images * (labelBytes + 3072));
        for (int n = 0; n < images; n++) {
            records.put(new byte[labelBytes - 1]).put((byte) (firstLabel + n));
            for (int i = 0; i < 3072; i++) {
                records.put((byte) (n + i % 1024 + 7 * (i / 1024)));
            }
        }
        return records.array();
    }

    /** A header and bytes that count up from 0. */
    static byte[] idx(int magic, int bytes, int... extents) {
        ByteBuffer file = ByteBuffer.allocate(4 + 4 * extents.length + bytes).putInt(magic);
        Arrays.stream(extents).forEach(file::putInt);
        for (int i = 0; i < bytes; i++) {
            file.put((byte) i);
        }
        return file.array();
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
