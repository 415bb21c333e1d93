package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.ImageSize;

class FolderImagesTest {
    @TempDir Path folder;

    @Test
    void takesClassesInTurnAndNumbersByTheirValue() throws IOException {
        write("10/a.png", 1, 2, 3);
        write("9/b10.png", 1, 2, 3);
        write("9/b9.PNG", 1, 2, 3);
        write("9/notes.txt", 1, 1, 1);
        write("9/.hidden.png", 1, 1, 1);
        Files.createDirectories(folder.resolve(".cache"));
        Files.createDirectories(folder.resolve("empty"));

        ImageSet set = ImageSets.open(folder, Part.TRAIN);

        assertThat(set.classes()).containsExactly("9", "10", "empty");
        assertThat(ImageSetsTest.labels(set)).containsExactly(0, 1, 0);
        assertThat(set.imageSize()).isEqualTo(new ImageSize(1, 2, 3));
        assertThat(ImageSets.parts(folder)).isEmpty();
    }

    @Test
    void readsGreyAndColourAsTheyAre() throws IOException {
        Path grey = write("0/a.png", 1, 4, 1);
        Path colour = write("0/b.png", 1, 4, 3);
        assertThat(PictureFile.read(grey).pixels()).containsExactly(0, 40, 80, 120);
        assertThat(PictureFile.read(colour).pixels()).startsWith(0, 40, 80, 120, (byte) 160);

        BufferedImage palette = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        palette.setRGB(1, 0, 0xffffff);
        Path black = folder.resolve("black.png");
        ImageIO.write(palette, "PNG", black.toFile());
        assertThat(PictureFile.read(black).pixels()).containsExactly(0, 0, 0, -1, -1, -1);

        BufferedImage deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(0, 0, 0, 0x6400);
        Path sixteen = folder.resolve("sixteen.png");
        ImageIO.write(deep, "PNG", sixteen.toFile());
        assertThat(PictureFile.read(sixteen).pixels()).containsExactly(100);
    }

    @Test
    void refusesOtherSizesUnlessTheyAreToFit() throws IOException {
        write("0/a.png", 2, 2, 1);
        Path larger = write("1/a.png", 4, 4, 1);

        ImageSet set = ImageSets.open(folder, Part.TEST);

        byte[] pixels = new byte[12];
        set.pixels(0, pixels, 0);
        assertThatThrownBy(() -> set.pixels(1, pixels, 0))
                .isInstanceOf(DataFileException.class)
                .hasMessage(larger + ": has 4 x 4 pixels, the first image 2 x 2");
        ImageSet fitted = set.fitted(new ImageSize(2, 2, 3));
        fitted.pixels(1, pixels, 0);
        assertThat(fitted.imageSize()).isEqualTo(new ImageSize(2, 2, 3));
        assertThat(pixels[0]).isEqualTo(pixels[2]).isNotZero();
    }

    @Test
    void findsTheTwoParts() throws IOException {
        write("train/cat/a.png", 1, 1, 1);
        write("train/dog/a.png", 1, 1, 1);
        write("val/cat/a.png", 1, 1, 1);

        assertThat(ImageSets.parts(folder)).containsExactly(Part.TRAIN, Part.TEST);
        assertThat(ImageSets.open(folder, Part.TRAIN).size()).isEqualTo(2);
        assertThat(ImageSets.open(folder, Part.TEST).size()).isOne();
    }

    @Test
    void refusesFoldersWithoutPicturesAndRunsWithoutSense() throws IOException {
        Files.createDirectories(folder.resolve("cat"));
        assertThatThrownBy(() -> ImageSets.open(folder, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("contains no images: expected a folder of PNG or JPEG");

        Path manifest = folder.resolve(RunDirectory.MANIFEST);
        Files.writeString(manifest, "{}");
        assertThatThrownBy(() -> ImageSets.open(folder, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("is not a valid manifest");
        Files.writeString(manifest, Samples.manifest("images/2/0000-000.png"));
        assertThatThrownBy(() -> ImageSets.open(folder, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("an image of class 2 of a classifier of 2 classes");
        Files.writeString(manifest, Samples.manifest("batches/0000.safetensors"));
        assertThatThrownBy(() -> ImageSets.open(folder, Part.TEST))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("is a run without PNG files");
    }

    /** A picture whose bytes are 0, 40, 80 and so on. */
    private Path write(String name, int height, int width, int channels) throws IOException {
        Picture picture = Picture.blank(height, width, channels, 0);
        for (int i = 0; i < picture.pixels().length; i++) {
            picture.pixels()[i] = (byte) (40 * i);
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, Png.encode(picture, Map.of()));
    }
}
