package org.naturalinversion.data;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Reads PNG and JPEG. */
final class PictureFile {
    private static final String PNG = "PNG";
    private static final String JPEG = "JPEG";

    /** Pictures of up to this many pixels are read however small their files are. */
    private static final long ALWAYS = 1 << 20;

    /** Larger ones have fewer pixels than this for every byte, unless they are bombs. */
    private static final long MOST_PIXELS = 64;

    /** Progressive JPEGs have about ten scans; each may take as long as a whole picture. */
    private static final int MOST_SCANS = 100;

    /** Bytes of a PNG before its first chunk; those of a chunk around its data; its last chunk. */
    private static final int SIGNATURE = 8;

    private static final int AROUND_CHUNK = 12;
    private static final int LAST_CHUNK = 0x49454e44;

    /** How Java's reader says that the data of a JPEG end too early; it makes the rest up. */
    private static final Pattern CUT_SHORT = Pattern.compile("(?i)truncated|premature end");

    private static final byte MARKER = (byte) 0xff;
    private static final byte START_OF_SCAN = (byte) 0xda;

    private PictureFile() {}

    /** Whether a file has the name of a picture. */
    static boolean isNamedSo(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && name.matches("(?s).*\\.(png|jpe?g)");
    }

    /**
     * Reads a picture: grey if the file is, else RGB; what is transparent is shown as if it were
     * not.
     *
     * @throws DataFileException if the file is no such picture
     */
    static Picture read(Path path) {
        byte[] bytes;
        try (DataFile file = DataFile.open(path)) {
            bytes = file.read(file.size(), "the picture");
        }
        String format = format(bytes);
        if (format == null) {
            throw new DataFileException(path, "is neither PNG nor JPEG");
        }
        ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
        try (ImageInputStream in =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            List<String> warnings = new ArrayList<>();
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            reader.setInput(in, true, true);
            int height = reader.getHeight(0);
            int width = reader.getWidth(0);
            if ((long) height * width > ALWAYS + MOST_PIXELS * bytes.length) {
                throw new DataFileException(
                        path,
                        "claims %d x %d pixels, too many for %d bytes"
                                .formatted(height, width, bytes.length));
            }
            if (format.equals(JPEG) && scans(bytes) > MOST_SCANS) {
                throw new DataFileException(path, "has more scans than any picture needs");
            }
            BufferedImage image = reader.read(0);
            boolean whole =
                    format.equals(PNG)
                            ? hasLastChunk(bytes)
                            : warnings.stream().noneMatch(w -> CUT_SHORT.matcher(w).find());
            if (!whole) {
                throw new DataFileException(path, "is a truncated %s".formatted(format));
            }
            return picture(image);
        } catch (DataFileException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Java's readers fail in any way on damaged files.
            throw new DataFileException(path, "is a damaged %s: %s".formatted(format, e), e);
        } finally {
            reader.dispose();
        }
    }

    private static String format(byte[] bytes) {
        if (bytes.length > 8 && bytes[0] == (byte) 0x89 && bytes[1] == 'P') {
            return PNG;
        }
        return bytes.length > 3 && bytes[0] == MARKER && bytes[1] == (byte) 0xd8 ? JPEG : null;
    }

    /**
     * Whether one chunk follows another up to the one that ends a PNG; trailing bytes are ignored.
     */
    private static boolean hasLastChunk(byte[] bytes) {
        ByteBuffer png = ByteBuffer.wrap(bytes);
        long at = SIGNATURE;
        while (at + AROUND_CHUNK <= bytes.length) {
            long length = Integer.toUnsignedLong(png.getInt((int) at));
            int type = png.getInt((int) at + Integer.BYTES);
            at += AROUND_CHUNK + length;
            if (type == LAST_CHUNK) {
                return at <= bytes.length;
            }
        }
        return false;
    }

    /** The most scans that a JPEG may have. */
    private static int scans(byte[] bytes) {
        int scans = 0;
        for (int i = 1; i < bytes.length; i++) {
            scans += bytes[i - 1] == MARKER && bytes[i] == START_OF_SCAN ? 1 : 0;
        }
        return scans;
    }

    private static Picture picture(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        Raster raster = image.getRaster();
        if (raster.getNumBands() <= 2 && image.getColorModel() instanceof ComponentColorModel) {
            // Java takes grey for linear, files do not mean it.
            int shift = image.getColorModel().getComponentSize(0) - 8;
            byte[] grey = new byte[height * width];
            int[] row = new int[width];
            for (int y = 0; y < height; y++) {
                raster.getSamples(0, y, width, 1, 0, row);
                for (int x = 0; x < width; x++) {
                    grey[y * width + x] = (byte) (shift > 0 ? row[x] >> shift : row[x]);
                }
            }
            return new Picture(height, width, 1, grey);
        }
        byte[] rgb = new byte[height * width * 3];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                int at = 3 * (y * width + x);
                rgb[at] = (byte) (row[x] >> 16);
                rgb[at + 1] = (byte) (row[x] >> 8);
                rgb[at + 2] = (byte) row[x];
            }
        }
        return new Picture(height, width, 3, rgb);
    }
}
