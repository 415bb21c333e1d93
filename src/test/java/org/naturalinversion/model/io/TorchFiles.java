package org.naturalinversion.model.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Puts pickles and storages into files as PyTorch does. */
final class TorchFiles {
    static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);

    private TorchFiles() {}

    /** The bytes of some floats, little-endian. */
    static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    /** A checkpoint in a zip archive; storages have the keys 0, 1, ... */
    static byte[] zip(byte[] pickle, byte[]... storages) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("archive/data.pkl", pickle);
        for (int key = 0; key < storages.length; key++) {
            entries.put("archive/data/" + key, storages[key]);
        }
        return stored(entries);
    }

    /** A zip archive of stored entries. */
    static byte[] stored(Map<String, byte[]> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setMethod(ZipOutputStream.STORED);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                ZipEntry header = new ZipEntry(entry.getKey());
                CRC32 crc = new CRC32();
                crc.update(entry.getValue());
                header.setCrc(crc.getValue());
                header.setSize(entry.getValue().length);
                zip.putNextEntry(header);
                zip.write(entry.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** A legacy checkpoint of float storages with the keys 0, 1, ... */
    static byte[] legacy(byte[] pickle, byte[]... storages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PickleWriter.pickle().big(MAGIC).stop());
        out.writeBytes(PickleWriter.pickle().integer(1001).stop());
        out.writeBytes(PickleWriter.pickle().op("}").stop());
        out.writeBytes(pickle);
        PickleWriter keys = PickleWriter.pickle().op("](");
        for (int key = 0; key < storages.length; key++) {
            keys.text(Integer.toString(key));
        }
        out.writeBytes(keys.op("e").stop());
        for (byte[] storage : storages) {
            ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            out.writeBytes(count.putLong(storage.length / 4).array());
            out.writeBytes(storage);
        }
        return out.toByteArray();
    }

    /** A safetensors file of a header and data. */
    static byte[] safetensors(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return bytes.putLong(json.length).put(json).put(data).array();
    }
}
