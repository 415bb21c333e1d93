package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.ModelFileException.quote;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.model.io.ModelFile.Region;
import org.naturalinversion.model.io.ModelFileException;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** The tensors of an ONNX file: in the file itself, or in others beside it. */
final class Tensors implements AutoCloseable {
    private final ModelFile file;
    private final Map<Path, ModelFile> companions = new HashMap<>();

    Tensors(ModelFile file) {
        this.file = file;
    }

    /**
     * Reads a tensor.
     *
     * @throws ModelFileException if its bytes are not there, not as many as its shape needs, or
     *     outside of the file's folder
     */
    Constant read(String name, TensorProto proto) {
        DType type = type(name, proto);
        Shape shape;
        try {
            shape = Shape.of(proto.getDimsList().stream().mapToLong(Long::longValue).toArray());
        } catch (IllegalArgumentException e) {
            throw refuse(name, "has an impossible shape: " + e.getMessage());
        }
        if (shape.rank() > View.MOST_AXES || shape.elements() > Integer.MAX_VALUE) {
            throw refuse(name, "is too large: " + shape.rank() + " axes, " + shape.elements());
        }
        ByteBuffer data = data(name, proto, type);
        if (data.remaining() != shape.elements() * type.bytes()) {
            throw refuse(
                    name,
                    "has %d bytes, its shape %s needs %d"
                            .formatted(data.remaining(), shape, shape.elements() * type.bytes()));
        }
        return Constant.of(name, new HostTensor(type, shape, data));
    }

    private ByteBuffer data(String name, TensorProto proto, DType type) {
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return external(name, proto);
        } else if (proto.hasRawData()) {
            return proto.getRawData().asReadOnlyByteBuffer();
        }
        return listed(proto, type);
    }

    /** The numbers of those fields that hold them one by one. */
    private ByteBuffer listed(TensorProto proto, DType type) {
        List<? extends Number> numbers =
                switch (type) {
                    case F32 -> proto.getFloatDataList();
                    case F64 -> proto.getDoubleDataList();
                    case I64 -> proto.getInt64DataList();
                    default -> proto.getInt32DataList();
                };
        file.spend((long) type.bytes() * numbers.size());
        ByteBuffer data =
                ByteBuffer.allocate(Math.multiplyExact(numbers.size(), type.bytes()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (Number number : numbers) {
            switch (type) {
                case F32 -> data.putFloat(number.floatValue());
                case F64 -> data.putDouble(number.doubleValue());
                case I64 -> data.putLong(number.longValue());
                case I32 -> data.putInt(number.intValue());
                case F16, BF16, I16 -> data.putShort((short) number.intValue());
                case I8, U8, BOOL -> data.put((byte) number.intValue());
            }
        }
        return data.flip();
    }

    private ByteBuffer external(String name, TensorProto proto) {
        Map<String, String> entries = new HashMap<>();
        for (StringStringEntryProto entry : proto.getExternalDataList()) {
            entries.put(entry.getKey(), entry.getValue());
        }
        ModelFile companion = companion(name, entries.getOrDefault("location", ""));
        try {
            long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
            String rest = String.valueOf(companion.size() - offset);
            long length = Long.parseLong(entries.getOrDefault("length", rest));
            return companion.read(new Region(offset, length), "the tensor " + quote(name));
        } catch (NumberFormatException e) {
            throw new ModelFileException(
                    file.path(),
                    "the tensor %s has an offset or length that is not a number"
                            .formatted(quote(name)),
                    e);
        }
    }

    /** A file in the model's folder or below, also once all links are followed. */
    private ModelFile companion(String name, String location) {
        Path folder = file.path().toAbsolutePath().normalize().getParent();
        try {
            Path relative = Path.of(location);
            Path path = folder.resolve(relative).normalize();
            boolean within =
                    !location.isEmpty() && !relative.isAbsolute() && path.startsWith(folder);
            if (!within || !path.toRealPath().startsWith(folder.toRealPath())) {
                throw refuse(
                        name,
                        "is in %s, outside of the model's folder; it is not read"
                                .formatted(quote(location)));
            }
            ModelFile companion = companions.get(path);
            if (companion == null) {
                companion = ModelFile.open(path);
                companions.put(path, companion);
                file.allow(companion);
            }
            return companion;
        } catch (IOException | InvalidPathException e) {
            throw new ModelFileException(
                    file.path(),
                    "the tensor %s should be in %s, which is not next to the model"
                            .formatted(quote(name), quote(location)),
                    e);
        }
    }

    private DType type(String name, TensorProto proto) {
        TensorProto.DataType type = TensorProto.DataType.forNumber(proto.getDataType());
        return switch (type == null ? TensorProto.DataType.UNDEFINED : type) {
            case FLOAT -> DType.F32;
            case DOUBLE -> DType.F64;
            case FLOAT16 -> DType.F16;
            case BFLOAT16 -> DType.BF16;
            case INT64 -> DType.I64;
            case INT32 -> DType.I32;
            case INT16 -> DType.I16;
            case INT8 -> DType.I8;
            case UINT8 -> DType.U8;
            case BOOL -> DType.BOOL;
            default ->
                    throw refuse(
                            name,
                            "has type %s (%d), which is not supported"
                                    .formatted(type, proto.getDataType()));
        };
    }

    private ModelFileException refuse(String name, String problem) {
        return file.refuse("the tensor " + quote(name) + " " + problem);
    }

    /** Text of an attribute or the like. */
    static String text(ByteString bytes) {
        return bytes.toStringUtf8();
    }

    @Override
    public void close() {
        companions.values().forEach(ModelFile::close);
    }
}
