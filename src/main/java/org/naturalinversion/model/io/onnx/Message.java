package org.naturalinversion.model.io.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.model.io.ModelFileException;

/**
 * The protocol buffer that an ONNX file is. Before it is parsed, it is walked without allocating
 * anything, to count what parsing will allocate: two bytes are enough for an empty message.
 */
final class Message {
    /** What the object of a message takes, and what it is held by. */
    private static final int OBJECT_MEMORY = 96;

    /** What a number, text or view of bytes takes beside its content. */
    private static final int FIELD_MEMORY = 8;

    private static final int DEEPEST = 40;

    private final ModelFile file;

    private Message(ModelFile file) {
        this.file = file;
    }

    /**
     * Parses a file.
     *
     * @throws ModelFileException if it is no ONNX model, or asks for more memory than is due to it
     */
    static ModelProto parse(ModelFile file) {
        byte[] bytes = file.bytes(file.all(), "the model");
        try {
            new Message(file).count(input(bytes), ModelProto.getDescriptor(), 0);
            // Tensors remain views of the bytes.
            CodedInputStream in = input(bytes);
            in.enableAliasing(true);
            ModelProto model = ModelProto.parseFrom(in);
            in.checkLastTagWas(0);
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw file.refuse("is damaged, or not an ONNX model: " + e.getMessage(), e);
        } catch (IOException e) {
            throw file.refuse("cannot be read: " + e.getMessage(), e);
        }
    }

    private static CodedInputStream input(byte[] bytes) {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
        in.setSizeLimit(Integer.MAX_VALUE);
        return in;
    }

    private void count(CodedInputStream in, Descriptor type, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw file.refuse("has messages nested more than %d deep".formatted(DEEPEST));
        }
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                int length = in.readRawVarint32();
                int outer = in.pushLimit(length);
                countContent(in, field, length, depth);
                in.skipRawBytes(in.getBytesUntilLimit());
                in.popLimit(outer);
            } else {
                file.spend(field == null ? OBJECT_MEMORY : FIELD_MEMORY);
                if (!in.skipField(tag)) {
                    throw new InvalidProtocolBufferException("a group ends that never began");
                }
            }
        }
    }

    private void countContent(CodedInputStream in, FieldDescriptor field, int length, int depth)
            throws IOException {
        if (field == null) {
            file.spend(OBJECT_MEMORY + length);
            return;
        }
        switch (field.getJavaType()) {
            case MESSAGE -> {
                file.spend(OBJECT_MEMORY);
                count(in, field.getMessageType(), depth + 1);
            }
            case STRING -> file.spend(OBJECT_MEMORY / 2 + length);
            case BYTE_STRING -> file.spend(OBJECT_MEMORY / 2);
            // Packed numbers, one byte each if they are small.
            case LONG, DOUBLE -> file.spend((long) Long.BYTES * numbers(field, length));
            default -> file.spend((long) Integer.BYTES * numbers(field, length));
        }
    }

    private static int numbers(FieldDescriptor field, int length) {
        return switch (field.getType()) {
            case FLOAT, FIXED32, SFIXED32 -> length / Integer.BYTES;
            case DOUBLE, FIXED64, SFIXED64 -> length / Long.BYTES;
            default -> length;
        };
    }
}
