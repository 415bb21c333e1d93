package org.naturalinversion.model.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.naturalinversion.model.io.ModelFile.Region;

/**
 * Reads forward through part of a file, little-endian. A length is held against the bytes that are
 * left, and against the memory allowed, before anything is allocated.
 */
final class Cursor {
    private static final int WINDOW = 1 << 13;
    private static final int LONGEST_LINE = 1 << 10;

    private final ModelFile file;
    private final long end;
    private final ByteBuffer window;
    private long windowEnd;

    Cursor(ModelFile file, Region region) {
        this.file = file;
        this.end = region.end();
        this.windowEnd = region.start();
        this.window =
                ByteBuffer.allocate((int) Math.min(WINDOW, region.length()))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .limit(0);
    }

    /** The position in the file of the next byte. */
    long position() {
        return windowEnd - window.remaining();
    }

    int u8() {
        return need(1).get() & 0xff;
    }

    int u16() {
        return need(2).getShort() & 0xffff;
    }

    int i32() {
        return need(4).getInt();
    }

    long u32() {
        return need(4).getInt() & 0xffffffffL;
    }

    long i64() {
        return need(8).getLong();
    }

    byte[] bytes(long count) {
        check(count);
        byte[] bytes = file.bytes(new Region(position(), count), "text");
        skip(count);
        return bytes;
    }

    void skip(long count) {
        check(count);
        int buffered = (int) Math.min(count, window.remaining());
        window.position(window.position() + buffered);
        windowEnd += count - buffered;
    }

    /** Text up to the end of a line, which is left out. */
    String line() {
        byte[] line = new byte[LONGEST_LINE];
        for (int i = 0; i < line.length; i++) {
            line[i] = (byte) u8();
            if (line[i] == '\n') {
                return new String(line, 0, i, StandardCharsets.UTF_8);
            }
        }
        throw file.refuse(
                "has more than %d bytes of text without a line end before byte %d"
                        .formatted(LONGEST_LINE, position()));
    }

    /** The window, once it holds so many bytes (at most 8). */
    private ByteBuffer need(int count) {
        if (window.remaining() < count) {
            check(count);
            window.compact();
            int fresh = (int) Math.min(window.remaining(), end - windowEnd);
            file.fill(window.limit(window.position() + fresh), windowEnd);
            windowEnd += fresh;
            window.flip();
        }
        return window;
    }

    private void check(long count) {
        long left = end - position();
        if (count < 0 || count > left) {
            throw file.refuse(
                    "is damaged or cut short: %s bytes are needed at byte %d, only %d are left"
                            .formatted(Long.toUnsignedString(count), position(), left));
        }
    }
}
