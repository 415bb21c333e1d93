package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.Fuzz;

/** Files of images with random damage: each ends in images or in a {@link DataFileException}. */
class DamagedImagesTest {
    private static final int COUNT = Fuzz.count(4_000);

    @TempDir Path folder;

    @Test
    void cifarEndsInImagesOrInOneComplaint() {
        byte[] ten = ImageSetsTest.cifar(1, 2, 8);
        byte[] hundred = ImageSetsTest.cifar(2, 2, 98);
        int accepted = fuzz("damaged.bin").damage(List.of(ten, hundred), COUNT / 4, new Random(1));
        assertThat(accepted).isBetween(COUNT / 100, COUNT / 4);
    }

    @Test
    void idxEndsInImagesOrInOneComplaint() throws IOException {
        byte[] images = ImageSetsTest.idx(0x803, 40, 5, 4, 2);
        Files.write(folder.resolve("labels-idx1-ubyte"), ImageSetsTest.idx(0x801, 5, 5));
        List<byte[]> good = List.of(images, ImageSetsTest.gzip(images));
        int accepted = fuzz("images-idx3-ubyte").damage(good, COUNT, new Random(2));
        assertThat(accepted).isBetween(COUNT / 100, COUNT / 2);
    }

    @Test
    void labelsEndInImagesOrInOneComplaint() throws IOException {
        Path images = folder.resolve("images-idx3-ubyte");
        Files.write(images, ImageSetsTest.idx(0x803, 40, 5, 4, 2));
        byte[] labels = ImageSetsTest.idx(0x801, 5, 5);
        List<byte[]> good = List.of(labels, ImageSetsTest.gzip(labels));
        int accepted = inNameOf("labels-idx1-ubyte", images).damage(good, COUNT, new Random(3));
        assertThat(accepted).isBetween(COUNT / 100, COUNT / 2);
    }

    @Test
    void runsEndInImagesOrInOneComplaint() throws IOException {
        Files.createDirectories(folder.resolve("images/1"));
        Files.write(
                folder.resolve("images/1/0000-000.png"),
                Png.encode(Picture.blank(2, 2, 3, 0), Map.of()));
        byte[] manifest =
                Samples.manifest("images/1/0000-000.png").getBytes(StandardCharsets.UTF_8);
        int accepted =
                inNameOf(RunDirectory.MANIFEST, folder)
                        .damage(List.of(manifest), COUNT, new Random(6));
        assertThat(accepted).isBetween(COUNT / 100, COUNT / 2);
    }

    @Test
    void picturesEndInPixelsOrInOneComplaint() throws IOException {
        byte[] pixels = new byte[3 * 9 * 11];
        new Random(4).nextBytes(pixels);
        byte[] png = Png.encode(new Picture(9, 11, 3, pixels), Map.of("Class", "3"));
        int accepted = pictures().damage(List.of(png, jpeg()), COUNT / 2, new Random(5));
        assertThat(accepted).isBetween(COUNT / 100, COUNT / 2);
    }

    /** Java's readers fill up what is missing; wherever a picture is cut, it is refused. */
    @Test
    void picturesThatAreCutShortAreRefused() throws IOException {
        byte[] pixels = new byte[3 * 9 * 11];
        new Random(4).nextBytes(pixels);
        byte[] png = Png.encode(new Picture(9, 11, 3, pixels), Map.of("Class", "3"));
        for (byte[] whole : List.of(png, jpeg(), progressiveJpeg())) {
            for (int length = 0; length < whole.length; length++) {
                assertThat(pictures().accepts(Arrays.copyOf(whole, length)))
                        .as("%d of %d bytes", length, whole.length)
                        .isFalse();
            }
            assertThat(pictures().accepts(whole)).isTrue();
            assertThat(pictures().accepts(Arrays.copyOf(whole, whole.length + 99))).isTrue();
        }
    }

    private static byte[] progressiveJpeg() throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("JPEG").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam progressive = writer.getDefaultWriteParam();
            progressive.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image(), null, null), progressive);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    @Test
    void picturesThatWantTooMuchAreRefused() throws IOException {
        Fuzz fuzz = pictures();
        byte[] huge = Png.encode(Picture.blank(2, 2, 1, 0), Map.of());
        Arrays.fill(huge, 17, 18, (byte) 0x7f);
        Arrays.fill(huge, 21, 22, (byte) 0x7f);
        assertThat(fuzz.accepts(huge)).isFalse();

        byte[] endless = jpeg();
        int length = endless.length;
        endless = Arrays.copyOf(endless, length + 1000);
        for (int i = length; i < endless.length; i += 2) {
            endless[i] = (byte) 0xff;
            endless[i + 1] = (byte) 0xda;
        }
        assertThat(fuzz.accepts(endless)).isFalse();
    }

    @Test
    void textsInPicturesAreNotUnpacked() throws IOException {
        byte[] png = Png.encode(Picture.blank(2, 2, 1, 9), Map.of());
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes("zTXtbomb\0\0".getBytes(StandardCharsets.ISO_8859_1));
        try (DeflaterOutputStream out = new DeflaterOutputStream(text)) {
            out.write(new byte[16 << 20]);
        }
        byte[] chunk = text.toByteArray();
        CRC32 crc = new CRC32();
        crc.update(chunk);
        int header = 8 + 25;
        byte[] bomb =
                ByteBuffer.allocate(png.length + chunk.length + 8)
                        .put(png, 0, header)
                        .putInt(chunk.length - 4)
                        .put(chunk)
                        .putInt((int) crc.getValue())
                        .put(png, header, png.length - header)
                        .array();
        assertThat(pictures().accepts(bomb)).isTrue();
    }

    /** A megapixel is granted to any picture, as Java decodes it. */
    private Fuzz pictures() {
        return new Fuzz(
                folder.resolve("damaged"), DataFileException.class, 32 << 20, PictureFile::read);
    }

    /** Damages a file of several that are opened together, and refused in the name of any. */
    private Fuzz inNameOf(String name, Path set) {
        return new Fuzz(
                folder.resolve(name),
                DataFileException.class,
                file -> {
                    try {
                        look(set);
                    } catch (DataFileException e) {
                        throw new DataFileException(file, e.getMessage());
                    }
                });
    }

    private Fuzz fuzz(String name) {
        return new Fuzz(folder.resolve(name), DataFileException.class, DamagedImagesTest::look);
    }

    private static void look(Path file) {
        ImageSet set = ImageSets.open(file, Part.TRAIN);
        byte[] pixels = new byte[set.imageSize().height() * set.imageSize().width() * 3];
        for (int i = 0; i < set.size(); i++) {
            set.pixels(i, pixels, 0);
            assertThat(set.label(i)).isBetween(0, set.classes().size() - 1);
        }
    }

    private static byte[] jpeg() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image(), "JPEG", bytes);
        return bytes.toByteArray();
    }

    private static BufferedImage image() {
        BufferedImage image = new BufferedImage(20, 12, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 240; i++) {
            image.setRGB(i % 20, i / 20, 0x010305 * i);
        }
        return image;
    }
}
