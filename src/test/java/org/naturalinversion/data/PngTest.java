package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** PNG as another program reads it. */
class PngTest {
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 1, 3", "5, 3, 3", "32, 32, 3", "28, 28, 1", "2, 300, 1"})
    void givesBackEveryPixel(int height, int width, int channels) throws IOException {
        byte[] pixels = new byte[height * width * channels];
        new Random(1).nextBytes(pixels);
        byte[] file = Png.encode(new Picture(height, width, channels, pixels), Map.of());

        BufferedImage image = ImageIO.read(new ByteArrayInputStream(file));

        assertThat(image.getHeight()).isEqualTo(height);
        assertThat(image.getWidth()).isEqualTo(width);
        assertThat(image.getRaster().getNumBands()).isEqualTo(channels);
        int[] read = image.getRaster().getPixels(0, 0, width, height, (int[]) null);
        for (int i = 0; i < pixels.length; i++) {
            assertThat(read[i]).isEqualTo(pixels[i] & 0xff);
        }
    }

    @Test
    void carriesTextsAndSaysItIsSrgb() throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("Description", "Synthetic");
        texts.put("Seed", "-7");
        byte[] file = Png.encode(Picture.blank(2, 2, 3, 9), texts);

        Element metadata = metadata(file);

        NodeList entries = metadata.getElementsByTagName("tEXtEntry");
        Map<String, String> read = new LinkedHashMap<>();
        for (int i = 0; i < entries.getLength(); i++) {
            Element entry = (Element) entries.item(i);
            read.put(entry.getAttribute("keyword"), entry.getAttribute("value"));
        }
        assertThat(read).isEqualTo(texts);
        assertThat(metadata.getElementsByTagName("sRGB").getLength()).isOne();
        assertThat(ImageIO.read(new ByteArrayInputStream(file)).getColorModel().getColorSpace())
                .isEqualTo(ColorSpace.getInstance(ColorSpace.CS_sRGB));
    }

    @Test
    void isTheSameEveryTime() {
        Picture picture = Picture.blank(8, 8, 1, 3);
        assertThat(Png.encode(picture, Map.of("a", "b")))
                .isEqualTo(Png.encode(picture, Map.of("a", "b")));
    }

    private static Element metadata(byte[] file) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in);
            return (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
        } finally {
            reader.dispose();
        }
    }
}
