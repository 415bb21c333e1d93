package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.quote;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.naturalinversion.model.io.ModelFile.Region;
import org.naturalinversion.model.io.TensorView.Storage;
import org.naturalinversion.model.io.Unpickler.PyList;
import org.naturalinversion.model.io.Weights.Format;
import org.naturalinversion.tensor.HostTensor;

/**
 * Reads the checkpoints of {@code torch.save}, in both layouts:
 *
 * <ul>
 *   <li>since PyTorch 1.6 a zip archive: {@code NAME/data.pkl} is a pickle in which tensors refer
 *       to storages by key, {@code NAME/data/KEY} is a storage, {@code NAME/byteorder} says {@code
 *       little} or {@code big} (little where it is missing); entries are stored, not compressed;
 *   <li>before, five pickles in a row (a magic number, the protocol 1001, facts about the machine,
 *       the object, the list of the keys of its storages) and then, in the order of the list, each
 *       storage as its number of elements in 8 bytes and their values, all little-endian.
 * </ul>
 *
 * The tensors are those of the state dict: the dict under {@code state_dict}, {@code
 * model_state_dict}, {@code model_state}, {@code model}, {@code net}, {@code network}, {@code
 * weights}, {@code params}, or a name for averaged weights such as {@code ema}, the first of these
 * that holds tensors (perhaps a level or two down), else the root. What every name begins with on
 * account of a wrapper, {@code module.} or {@code _orig_mod.}, is taken off. Other entries are
 * passed over, but numbers and texts at the top, such as {@code epoch}, become the metadata.
 * Tensors come out row-major whatever their strides; those that are one in the file are one here.
 *
 * <p>A checkpoint is a program for Python's unpickler. This reader runs none of it: it knows the
 * few names that tensors need, and refuses a file that asks for any other, among them the classes
 * of models that were saved whole.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/main/torch/serialization.py">PyTorch's own
 *     reader and writer</a>
 */
public final class TorchCheckpoint {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL = 1001;
    private static final int PICKLE = 0x80;
    private static final String DATA = "data.pkl";

    private TorchCheckpoint() {}

    /**
     * Reads the state dict of a checkpoint of either layout.
     *
     * @throws ModelFileException if the file cannot be read, is damaged, asks for anything but
     *     tensors, or has no state dict
     */
    public static Weights read(Path path) {
        try (ModelFile file = ModelFile.open(path)) {
            return read(file);
        }
    }

    /** Whether a file looks like a zip archive or a pickle. */
    static boolean isPlausible(ModelFile file) {
        return StoredZip.isZip(file) || new Cursor(file, file.all()).u8() == PICKLE;
    }

    static Weights read(ModelFile file) {
        return StoredZip.isZip(file) ? readZip(file) : readLegacy(file);
    }

    private static Weights readZip(ModelFile file) {
        StoredZip zip = new StoredZip(file);
        String folder = folder(file, zip);
        TorchVocabulary vocabulary = new TorchVocabulary(file);
        Object root = Unpickler.load(file, new Cursor(file, zip.find(folder + DATA)), vocabulary);
        return new Weights(
                file.path(),
                Format.TORCH_ZIP,
                StateDict.settings(root),
                tensors(
                        file,
                        root,
                        key -> zip.find(folder + "data/" + key),
                        order(file, zip, folder)));
    }

    private static Weights readLegacy(ModelFile file) {
        Cursor in = new Cursor(file, file.all());
        TorchVocabulary vocabulary = new TorchVocabulary(file);
        if (!MAGIC.equals(Unpickler.load(file, in, vocabulary))) {
            throw file.refuse("is a pickle, but not a checkpoint of torch.save");
        }
        Object protocol = Unpickler.load(file, in, vocabulary);
        if (!Long.valueOf(PROTOCOL).equals(protocol)) {
            throw file.refuse("has an unknown protocol, expected %d".formatted(PROTOCOL));
        }
        Unpickler.load(file, in, vocabulary); // facts about the machine, of which none matters
        Object root = Unpickler.load(file, in, vocabulary);
        Object keys = Unpickler.load(file, in, vocabulary);
        Map<String, Region> storages = legacyStorages(file, in, vocabulary.storages(), keys);
        return new Weights(
                file.path(),
                Format.TORCH_LEGACY,
                StateDict.settings(root),
                tensors(file, root, storages::get, ByteOrder.LITTLE_ENDIAN));
    }

    private static Map<String, Region> legacyStorages(
            ModelFile file, Cursor in, Map<String, Storage> expected, Object keys) {
        Map<String, Region> storages = new HashMap<>();
        for (Object key : keys instanceof PyList list ? list.items : List.of()) {
            Storage storage = key instanceof String name ? expected.get(name) : null;
            if (storage == null) {
                throw file.refuse("has a storage that no tensor refers to");
            }
            long elements = storage.length() / storage.dtype().bytes();
            long found = in.i64();
            if (found != elements) {
                throw file.refuse(
                        "has %d elements in storage %s, expected %d"
                                .formatted(found, quote(storage.key()), elements));
            }
            storages.put(storage.key(), new Region(in.position(), storage.length()));
            in.skip(storage.length());
        }
        return storages;
    }

    private static Map<String, HostTensor> tensors(
            ModelFile file, Object root, Function<String, Region> storages, ByteOrder order) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        Map<TensorView, HostTensor> known = new HashMap<>();
        for (Map.Entry<String, TensorView> entry : StateDict.find(file, root).entrySet()) {
            TensorView view = entry.getValue();
            HostTensor tensor = known.get(view);
            if (tensor == null) {
                Region storage = storages.apply(view.storage().key());
                tensor = view.read(file, entry.getKey(), storage, order);
                known.put(view, tensor);
            }
            tensors.put(entry.getKey(), tensor);
        }
        return tensors;
    }

    /** The folder with the pickle: that of the archive's own name, as a rule. */
    private static String folder(ModelFile file, StoredZip zip) {
        List<String> folders =
                zip.names().stream()
                        .filter(name -> name.equals(DATA) || name.matches("[^/]+/" + DATA))
                        .map(name -> name.substring(0, name.length() - DATA.length()))
                        .toList();
        if (folders.size() != 1) {
            throw file.refuse(
                    "is a zip archive, but not a checkpoint of torch.save: it has %d entries %s"
                            .formatted(folders.size(), DATA));
        }
        return folders.get(0);
    }

    private static ByteOrder order(ModelFile file, StoredZip zip, String folder) {
        String entry = folder + "byteorder";
        if (!zip.names().contains(entry)) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        ByteBuffer text = file.read(zip.find(entry), entry);
        return switch (StandardCharsets.ISO_8859_1.decode(text).toString()) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw file.refuse("has an unknown byte order, expected 'little' or 'big'");
        };
    }
}
