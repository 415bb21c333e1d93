package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.quote;
import static org.naturalinversion.model.io.ModelFileException.shorten;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.naturalinversion.model.io.TensorView.Storage;
import org.naturalinversion.model.io.Unpickler.Dict;
import org.naturalinversion.model.io.Unpickler.Inert;
import org.naturalinversion.model.io.Unpickler.Maker;
import org.naturalinversion.model.io.Unpickler.PyList;
import org.naturalinversion.model.io.Unpickler.Tuple;
import org.naturalinversion.tensor.DType;

/**
 * All that a checkpoint may name: dense tensors and their storages, and a few things of Python and
 * NumPy that stand beside the weights, such as the best accuracy, and are passed over. This is the
 * whole of what a file can make the reader do.
 */
final class TorchVocabulary implements Unpickler.Vocabulary {
    private static final Map<String, DType> DTYPES =
            Map.of(
                    "torch.float32", DType.F32,
                    "torch.float64", DType.F64,
                    "torch.float16", DType.F16,
                    "torch.bfloat16", DType.BF16,
                    "torch.int64", DType.I64,
                    "torch.int32", DType.I32,
                    "torch.int16", DType.I16,
                    "torch.int8", DType.I8,
                    "torch.uint8", DType.U8,
                    "torch.bool", DType.BOOL);

    private static final Map<String, StorageType> STORAGES =
            Map.ofEntries(
                    Map.entry("torch.FloatStorage", new StorageType(DType.F32)),
                    Map.entry("torch.DoubleStorage", new StorageType(DType.F64)),
                    Map.entry("torch.HalfStorage", new StorageType(DType.F16)),
                    Map.entry("torch.BFloat16Storage", new StorageType(DType.BF16)),
                    Map.entry("torch.LongStorage", new StorageType(DType.I64)),
                    Map.entry("torch.IntStorage", new StorageType(DType.I32)),
                    Map.entry("torch.ShortStorage", new StorageType(DType.I16)),
                    Map.entry("torch.CharStorage", new StorageType(DType.I8)),
                    Map.entry("torch.ByteStorage", new StorageType(DType.U8)),
                    Map.entry("torch.BoolStorage", new StorageType(DType.BOOL)),
                    Map.entry("torch.storage.UntypedStorage", new StorageType(DType.U8)),
                    Map.entry("torch.storage._UntypedStorage", new StorageType(DType.U8)));

    private static final Set<String> PASSED_OVER =
            Set.of(
                    "_codecs.encode",
                    "argparse.Namespace",
                    "builtins.bytearray",
                    "builtins.complex",
                    "builtins.frozenset",
                    "builtins.list",
                    "builtins.set",
                    "numpy.dtype",
                    "numpy.ndarray",
                    "numpy._core.multiarray._reconstruct",
                    "numpy._core.multiarray.scalar",
                    "numpy._core.numeric._frombuffer",
                    "numpy.core.multiarray._reconstruct",
                    "numpy.core.multiarray.scalar",
                    "numpy.core.numeric._frombuffer",
                    "torch.Tensor",
                    "torch.device",
                    "torch.nn.parameter.Parameter");

    /** As many axes as PyTorch allows itself. */
    private static final int HIGHEST_RANK = 64;

    /** What a persistent identifier names in the place of a data type. */
    private record StorageType(DType dtype) {}

    private final ModelFile file;
    private final Map<String, Storage> storages = new HashMap<>();
    private final Maker tensor = this::tensor;

    TorchVocabulary(ModelFile file) {
        this.file = file;
    }

    /** The whole of each storage that has been named, by its key. */
    Map<String, Storage> storages() {
        return storages;
    }

    @Override
    public Object global(String name) {
        String today =
                name.replaceFirst("^__builtin__[.]", "builtins.")
                        .replaceFirst("^torch[.]cuda[.]", "torch.");
        return switch (today) {
            case "collections.OrderedDict", "collections.defaultdict", "collections.Counter" ->
                    (Maker) this::dict;
            case "torch.Size" -> (Maker) arguments -> get(arguments, 0, Tuple.class);
            case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> tensor;
            case "torch._utils._rebuild_tensor_v3" -> (Maker) this::tensorOfType;
            case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
                    (Maker) arguments -> get(arguments, 0, TensorView.class);
            case "torch._tensor._rebuild_from_type_v2" -> (Maker) this::tensorOfClass;
            default -> {
                if (DTYPES.containsKey(today)) {
                    yield DTYPES.get(today);
                }
                if (STORAGES.containsKey(today)) {
                    yield STORAGES.get(today);
                }
                if (PASSED_OVER.contains(today)) {
                    yield new Inert(today);
                }
                throw refusal(name);
            }
        };
    }

    private ModelFileException refusal(String qualifiedName) {
        String name = shorten(qualifiedName);
        String simpleName = name.substring(name.lastIndexOf('.') + 1);
        if (simpleName.endsWith("Storage")) {
            return file.refuse(
                    "contains tensors of %s, which is not a supported type: %s"
                            .formatted(name, List.of(DType.values())));
        }
        if (!simpleName.isEmpty() && Character.isUpperCase(simpleName.charAt(0))) {
            return file.refuse(
                    ("contains an object of class %s, but only tensors in dicts are read;"
                                    + " nothing was run. Save model.state_dict() instead of the model")
                            .formatted(name));
        }
        if (name.startsWith("torch.")) {
            return file.refuse(
                    "needs %s, but only dense tensors in dicts are read; nothing was run"
                            .formatted(name));
        }
        return file.refuse(
                "asks to run %s, which a checkpoint of tensors never needs; nothing was run"
                        .formatted(name));
    }

    /**
     * A storage, by {@code ("storage", type, key, location, elements)}; the legacy layout adds a
     * view of a part of it, {@code (key, offset, elements)} or None.
     */
    @Override
    public Object persistent(Object id) {
        List<Object> parts = id instanceof Tuple tuple ? tuple.items : List.of();
        if (parts.size() < 5 || !"storage".equals(parts.get(0))) {
            throw file.refuse("refers to something outside its pickle that is not a storage");
        }
        DType dtype = get(parts, 1, StorageType.class).dtype;
        Storage whole =
                new Storage(get(parts, 2, String.class), dtype, 0, bytes(size(parts, 4), dtype));
        Storage known = storages.putIfAbsent(whole.key(), whole);
        if (known != null && known.length() != whole.length()) {
            throw file.refuse(
                    "has the storage %s twice, of %d and of %d bytes"
                            .formatted(quote(whole.key()), known.length(), whole.length()));
        }
        if (parts.size() == 5 || parts.get(5) == null) {
            return whole;
        }
        List<Object> view = get(parts, 5, Tuple.class).items;
        long start = bytes(size(view, 1), dtype);
        long length = bytes(size(view, 2), dtype);
        if (start > whole.length() || length > whole.length() - start) {
            throw file.refuse("has a view that reaches beyond storage " + quote(whole.key()));
        }
        return new Storage(whole.key(), dtype, start, length);
    }

    /** A dict: empty, or of the list of pairs that Python 2 wrote. */
    private Dict dict(List<Object> arguments) {
        Dict dict = new Dict();
        if (!arguments.isEmpty() && arguments.get(0) instanceof PyList pairs) {
            file.spend((long) Unpickler.ENTRY_MEMORY * pairs.items.size());
            for (Object pair : pairs.items) {
                List<Object> entry =
                        pair instanceof PyList list
                                ? list.items
                                : pair instanceof Tuple tuple ? tuple.items : List.of();
                if (entry.size() != 2) {
                    throw unexpected("a key and a value", pair);
                }
                dict.entries.put(entry.get(0), entry.get(1));
            }
        }
        return dict;
    }

    /** A tensor, by {@code (storage, offset, extents, strides, ...)}. */
    private TensorView tensor(List<Object> arguments) {
        return view(arguments, get(arguments, 0, Storage.class).dtype());
    }

    /** A tensor, by {@code (storage, offset, extents, strides, gradient, hooks, dtype, ...)}. */
    private TensorView tensorOfType(List<Object> arguments) {
        return view(arguments, get(arguments, 6, DType.class));
    }

    /** A tensor with attributes, by {@code (function, class, arguments, state)}. */
    private TensorView tensorOfClass(List<Object> arguments) {
        if (get(arguments, 0, Maker.class) != tensor) {
            throw unexpected("a plain tensor", arguments.get(0));
        }
        return tensor(get(arguments, 2, Tuple.class).items);
    }

    private TensorView view(List<Object> arguments, DType dtype) {
        Storage storage = get(arguments, 0, Storage.class);
        List<Long> extents = sizes(get(arguments, 2, Tuple.class));
        List<Long> strides = sizes(get(arguments, 3, Tuple.class));
        if (extents.size() != strides.size()) {
            throw file.refuse(
                    "has a tensor of %d axes with strides for %d"
                            .formatted(extents.size(), strides.size()));
        }
        return new TensorView(storage, dtype, size(arguments, 1), extents, strides);
    }

    private List<Long> sizes(Tuple tuple) {
        int rank = tuple.items.size();
        if (rank > HIGHEST_RANK) {
            throw file.refuse("has a tensor of %d axes".formatted(rank));
        }
        return IntStream.range(0, rank).mapToObj(axis -> size(tuple.items, axis)).toList();
    }

    private long size(List<Object> values, int index) {
        long size = get(values, index, Long.class);
        if (size < 0) {
            throw unexpected("a size", size);
        }
        return size;
    }

    private long bytes(long elements, DType dtype) {
        if (elements > file.size()) {
            throw file.refuse(
                    "is damaged or cut short: it has %d bytes, a storage in it %d elements"
                            .formatted(file.size(), elements));
        }
        return elements * dtype.bytes();
    }

    private <T> T get(List<Object> values, int index, Class<T> type) {
        Object value = index < values.size() ? values.get(index) : null;
        if (!type.isInstance(value)) {
            throw unexpected("a " + type.getSimpleName(), value);
        }
        return type.cast(value);
    }

    private ModelFileException unexpected(String expected, Object found) {
        return file.refuse(
                "has a damaged pickle: %s expected, found %s"
                        .formatted(
                                expected,
                                found == null
                                        ? "nothing"
                                        : "a " + found.getClass().getSimpleName()));
    }
}
