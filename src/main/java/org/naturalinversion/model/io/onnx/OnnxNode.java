package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.ModelFileException.quote;
import static org.naturalinversion.model.io.ModelFileException.shorten;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Collections;
import java.util.List;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.model.io.ModelFileException;

/**
 * A node that is being read: its attributes, and what its inputs stand for.
 *
 * @param inputs null where an input is left out
 */
record OnnxNode(ModelFile file, NodeProto proto, long opset, List<Symbol> inputs) {
    OnnxNode {
        inputs = Collections.unmodifiableList(inputs);
    }

    /** Its operator. */
    String type() {
        return proto.getOpType();
    }

    /** The name of its first result, unique in a graph. */
    String name() {
        return proto.getOutput(0);
    }

    int outputs() {
        return proto.getOutputCount();
    }

    boolean has(int input) {
        return input < inputs.size() && inputs.get(input) != null;
    }

    private Symbol input(int i) {
        if (!has(i)) {
            throw refuse("has no input %d".formatted(i));
        }
        return inputs.get(i);
    }

    /** An input that depends on the image. */
    View view(int i) {
        if (input(i) instanceof View view) {
            return view;
        }
        throw refuse("is applied to a constant as input %d; that is not supported".formatted(i));
    }

    /** An input that does not depend on the image. */
    Constant constant(int i) {
        if (input(i) instanceof Constant constant) {
            return constant;
        }
        throw refuse("has an input %d that depends on the image; it must not".formatted(i));
    }

    /** Whether nothing depends on the image. */
    boolean isConstant() {
        return inputs.stream().allMatch(i -> i == null || i instanceof Constant);
    }

    /** Small integers: what an attribute says or, since some opset, an input; null if neither. */
    List<Long> integers(String attribute, int input) {
        if (has(input)) {
            return constant(input).integers(file);
        }
        return integers(attribute, (List<Long>) null);
    }

    /** Small integers of an attribute. */
    List<Long> integers(String attribute, List<Long> otherwise) {
        AttributeProto found = find(attribute);
        return found == null ? otherwise : found.getIntsList();
    }

    long integer(String attribute, long otherwise) {
        AttributeProto found = find(attribute);
        return found == null ? otherwise : found.getI();
    }

    boolean flag(String attribute) {
        return integer(attribute, 0) != 0;
    }

    double real(String attribute, double otherwise) {
        AttributeProto found = find(attribute);
        return found == null ? otherwise : found.getF();
    }

    String text(String attribute, String otherwise) {
        AttributeProto found = find(attribute);
        return found == null ? otherwise : Tensors.text(found.getS());
    }

    List<Float> reals(String attribute) {
        return find(attribute).getFloatsList();
    }

    TensorProto tensor(String attribute) {
        return find(attribute).getT();
    }

    boolean hasAttribute(String attribute) {
        return find(attribute) != null;
    }

    private AttributeProto find(String attribute) {
        for (AttributeProto candidate : proto.getAttributeList()) {
            if (candidate.getName().equals(attribute)) {
                return candidate;
            }
        }
        return null;
    }

    /** A refusal that names the node. */
    ModelFileException refuse(String problem) {
        return file.refuse("its node " + label() + " " + problem);
    }

    /** Operator and name. */
    String label() {
        String name = proto.getName();
        String result = outputs() > 0 ? proto.getOutput(0) : "";
        return shorten(type())
                + (name.isEmpty() ? " (result " + quote(result) + ")" : " " + quote(name));
    }
}
