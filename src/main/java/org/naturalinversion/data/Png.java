package org.naturalinversion.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Writes pictures as PNG: one strip of pixels, texts beside it. The same picture and texts always
 * give the same bytes.
 *
 * @see <a href="https://www.w3.org/TR/png-3/">The format</a>
 */
public final class Png {
    private static final long SIGNATURE = 0x89_50_4e_47_0d_0a_1a_0aL;
    private static final byte BITS = 8;
    private static final byte GREY = 0;
    private static final byte RGB = 2;
    private static final byte PERCEPTUAL = 0;
    private static final byte FILTER_SUB = 1;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private Png() {}

    /**
     * Encodes a picture.
     *
     * @param texts by keyword, shown by viewers as properties; Latin-1
     */
    public static byte[] encode(Picture picture, Map<String, String> texts) {
        Png png = new Png();
        png.out.writeBytes(ByteBuffer.allocate(8).putLong(SIGNATURE).array());
        png.chunk("IHDR", header(picture));
        png.chunk("sRGB", new byte[] {PERCEPTUAL});
        texts.forEach(
                (keyword, text) ->
                        png.chunk(
                                "tEXt",
                                (keyword + '\0' + text).getBytes(StandardCharsets.ISO_8859_1)));
        png.chunk("IDAT", deflated(filtered(picture)));
        png.chunk("IEND", new byte[0]);
        return png.out.toByteArray();
    }

    private static byte[] header(Picture picture) {
        return ByteBuffer.allocate(13)
                .putInt(picture.width())
                .putInt(picture.height())
                .put(BITS)
                .put(picture.channels() == 1 ? GREY : RGB)
                .array();
    }

    /** The rows, each byte as its difference from the pixel to the left. */
    private static byte[] filtered(Picture picture) {
        int channels = picture.channels();
        int row = picture.width() * channels;
        byte[] pixels = picture.pixels();
        ByteBuffer rows = ByteBuffer.allocate(picture.height() * (1 + row));
        for (int start = 0; start < pixels.length; start += row) {
            rows.put(FILTER_SUB).put(pixels, start, Math.min(channels, row));
            for (int i = start + channels; i < start + row; i++) {
                rows.put((byte) (pixels[i] - pixels[i - channels]));
            }
        }
        return rows.array();
    }

    private static byte[] deflated(byte[] data) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try {
            deflater.setInput(data);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] part = new byte[1 << 13];
            while (!deflater.finished()) {
                out.write(part, 0, deflater.deflate(part));
            }
            return out.toByteArray();
        } finally {
            deflater.end();
        }
    }

    private void chunk(String type, byte[] data) {
        ByteBuffer chunk =
                ByteBuffer.allocate(12 + data.length)
                        .putInt(data.length)
                        .put(type.getBytes(StandardCharsets.US_ASCII))
                        .put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + data.length);
        out.writeBytes(chunk.putInt((int) crc.getValue()).array());
    }
}
