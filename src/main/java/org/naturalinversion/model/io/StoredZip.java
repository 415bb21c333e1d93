package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.quote;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.naturalinversion.model.io.ModelFile.Region;

/**
 * A zip archive that stores its files as they are, which is how PyTorch writes them: an entry is a
 * region of the archive. Compressed and encrypted entries are refused, so nothing can grow as it is
 * unpacked. Large archives (zip64) are read; checksums are not, as PyTorch may leave them out.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">The zip file
 *     format</a>
 */
final class StoredZip {
    private static final String DIRECTORY = "the directory of the archive";

    private static final int LOCAL_HEADER = 0x04034b50;
    private static final int ENTRY = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int LOCATOR_64 = 0x07064b50;

    private static final int LOCAL_HEADER_BYTES = 30;
    private static final int END_BYTES = 22;
    private static final int END_64_BYTES = 56;
    private static final int LOCATOR_64_BYTES = 20;
    private static final int LONGEST_COMMENT = 0xffff;

    /** The number that sends the reader of a 32-bit field on to the 64-bit extra field. */
    private static final long SEE_EXTRA = 0xffffffffL;

    private static final int EXTRA_64 = 1;
    private static final int ENCRYPTED = 1;
    private static final int ENTRY_MEMORY = 200;

    private final ModelFile file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private record Entry(long header, long packed, long length, boolean plain) {}

    /** Whether a file begins as zip archives do. */
    static boolean isZip(ModelFile file) {
        return file.size() >= END_BYTES
                && file.read(new Region(0, 4), "its first bytes").getInt(0) == LOCAL_HEADER;
    }

    /** Reads the directory at the end of the archive. */
    StoredZip(ModelFile file) {
        this.file = file;
        Region directory = directory();
        Cursor in = new Cursor(file, directory);
        while (in.position() < directory.end()) {
            readEntry(in);
        }
    }

    /** The names of the entries, in the order of the directory. */
    Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /** Where the bytes of an entry lie. */
    Region find(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw file.refuse("has no entry " + quote(name));
        }
        if (!entry.plain || entry.packed != entry.length) {
            throw file.refuse(
                    "has the entry %s compressed or encrypted, expected it uncompressed"
                            .formatted(quote(name)));
        }
        ByteBuffer header =
                file.read(new Region(entry.header, LOCAL_HEADER_BYTES), "entry " + quote(name));
        if (header.getInt(0) != LOCAL_HEADER) {
            throw damaged("entry %s is not at byte %d".formatted(quote(name), entry.header));
        }
        int nameAndExtra =
                Short.toUnsignedInt(header.getShort(26)) + Short.toUnsignedInt(header.getShort(28));
        return file.check(
                new Region(entry.header + LOCAL_HEADER_BYTES + nameAndExtra, entry.length),
                "entry " + quote(name));
    }

    private Region directory() {
        long tailBytes = Math.min(file.size(), END_BYTES + LONGEST_COMMENT);
        long tailStart = file.size() - tailBytes;
        ByteBuffer tail = file.read(new Region(tailStart, tailBytes), "the end of the archive");
        int end = tail.limit() - END_BYTES;
        while (end >= 0 && !endsAt(tail, end)) {
            end--;
        }
        if (end < 0) {
            throw damaged("its directory is missing, perhaps the file is cut short");
        }
        int locator = end - LOCATOR_64_BYTES;
        if (locator < 0 || tail.getInt(locator) != LOCATOR_64) {
            return file.check(
                    new Region(
                            Integer.toUnsignedLong(tail.getInt(end + 16)),
                            Integer.toUnsignedLong(tail.getInt(end + 12))),
                    DIRECTORY);
        }
        ByteBuffer end64 =
                file.read(
                        new Region(tail.getLong(locator + 8), END_64_BYTES),
                        "the end of " + DIRECTORY);
        if (end64.getInt(0) != END_64) {
            throw damaged("the end of its directory is in the wrong place");
        }
        return file.check(new Region(end64.getLong(48), end64.getLong(40)), DIRECTORY);
    }

    private static boolean endsAt(ByteBuffer tail, int end) {
        int comment = tail.limit() - END_BYTES - end;
        return tail.getInt(end) == END && Short.toUnsignedInt(tail.getShort(end + 20)) == comment;
    }

    private void readEntry(Cursor in) {
        if (in.i32() != ENTRY) {
            throw damaged("no directory entry at byte " + (in.position() - 4));
        }
        in.skip(4);
        int flags = in.u16();
        int method = in.u16();
        in.skip(8);
        long packed = in.u32();
        long length = in.u32();
        int nameBytes = in.u16();
        int extraBytes = in.u16();
        int commentBytes = in.u16();
        in.skip(8);
        long header = in.u32();
        String name = new String(in.bytes(nameBytes), StandardCharsets.UTF_8);
        long end = in.position() + extraBytes;
        while (end - in.position() >= 4) {
            int field = in.u16();
            long fieldEnd = in.u16() + in.position();
            if (field == EXTRA_64) {
                length = length == SEE_EXTRA ? in.i64() : length;
                packed = packed == SEE_EXTRA ? in.i64() : packed;
                header = header == SEE_EXTRA ? in.i64() : header;
            }
            in.skip(fieldEnd - in.position());
        }
        in.skip(end + commentBytes - in.position());
        boolean plain = method == 0 && (flags & ENCRYPTED) == 0;
        file.spend(ENTRY_MEMORY);
        if (entries.put(name, new Entry(header, packed, length, plain)) != null) {
            throw damaged("two entries are called " + quote(name));
        }
    }

    private ModelFileException damaged(String how) {
        return file.refuse("is a damaged zip archive: " + how);
    }
}
