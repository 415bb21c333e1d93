package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredZipTest {
    private static final byte[] ARCHIVE =
            TorchFiles.stored(new TreeMap<>(Map.of("a", bytes("one"), "b", bytes("three"))));

    private static final int END_BYTES = 22;

    @TempDir Path folder;

    @Test
    void findsEntries() throws IOException {
        assertThat(text(ARCHIVE, "a")).isEqualTo("one");
        assertThat(text(ARCHIVE, "b")).isEqualTo("three");
        assertRefused(ARCHIVE, "c", "has no entry 'c'");
    }

    @Test
    void findsEntriesBeforeAComment() throws IOException {
        byte[] archive = concat(ARCHIVE, bytes("PK\5\6, or what looks like it"));
        ByteBuffer.wrap(archive)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(ARCHIVE.length - 2, (short) (archive.length - ARCHIVE.length));

        assertThat(text(archive, "b")).isEqualTo("three");
    }

    /** What a zip64 archive has in the place of 32-bit fields, here for one small entry. */
    @Test
    void findsEntriesOfLargeArchives() throws IOException {
        ByteBuffer zip = ByteBuffer.allocate(500).order(ByteOrder.LITTLE_ENDIAN);
        zip.putInt(0x04034b50).position(26);
        zip.putShort((short) 1).putShort((short) 2).put(bytes("a..one"));
        int directory = zip.position();
        zip.putInt(0x02014b50).position(directory + 20);
        zip.putInt(-1).putInt(-1).putShort((short) 1).putShort((short) 32);
        zip.position(directory + 42).putInt(-1).put(bytes("a"));
        zip.putShort((short) 9).putShort((short) 0);
        zip.putShort((short) 1).putShort((short) 24).putLong(3).putLong(3).putLong(0);
        int end64 = zip.position();
        zip.putInt(0x06064b50).position(end64 + 40);
        zip.putLong(end64 - directory).putLong(directory);
        zip.putInt(0x07064b50).putInt(0).putLong(end64).putInt(1);
        zip.putInt(0x06054b50).putLong(-1).putLong(-1).putShort((short) 0);
        byte[] archive = new byte[zip.position()];
        zip.get(0, archive);

        assertThat(text(archive, "a")).isEqualTo("one");
        archive[end64]++;
        assertRefused(archive, "a", "the end of its directory is in the wrong place");
    }

    @Test
    void refusesWhatIsCompressed() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("bomb"));
            zip.write(new byte[1 << 20]);
        }

        assertRefused(out.toByteArray(), "bomb", "'bomb' compressed or encrypted, expected it");
    }

    @Test
    void refusesDamage() throws IOException {
        int end = ARCHIVE.length - END_BYTES;
        int directory = ARCHIVE[end + 16];

        assertRefused(changed(end, 'Q'), "a", "its directory is missing");
        assertRefused(changed(directory, 'Q'), "a", "no directory entry at byte " + directory);
        assertRefused(changed(directory + 46, 'b'), "b", "two entries are called 'b'");
        assertRefused(changed(directory + 42, 1), "a", "entry 'a' is not at byte 1");
        assertRefused(changed(directory + 45, 1), "a", "damaged or cut short: entry 'a'");
        assertRefused(changed(end + 18, 1), "a", "the directory of the archive needs");
        assertRefused(changed(0, 'Q'), "a", "entry 'a' is not at byte 0");
    }

    private static byte[] changed(int index, int value) {
        byte[] archive = ARCHIVE.clone();
        archive[index] = (byte) value;
        return archive;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private String text(byte[] archive, String name) throws IOException {
        Path path = Files.write(folder.resolve("test.zip"), archive);
        try (ModelFile file = ModelFile.open(path)) {
            byte[] bytes = file.bytes(new StoredZip(file).find(name), name);
            return new String(bytes, StandardCharsets.US_ASCII);
        }
    }

    private void assertRefused(byte[] archive, String name, String complaint) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> text(archive, name))
                .withMessageContaining(complaint);
    }
}
