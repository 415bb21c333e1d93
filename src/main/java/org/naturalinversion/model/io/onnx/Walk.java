package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.ModelFileException.quote;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** One walk over the nodes of a graph that its first output depends on. */
final class Walk {
    /** What reading a node takes, beside what its result takes. */
    private static final int NODE_MEMORY = 256;

    private static final Map<String, Operator> OPERATORS = new HashMap<>();

    static {
        OPERATORS.putAll(LayerOperators.ALL);
        OPERATORS.putAll(PointwiseOperators.ALL);
        OPERATORS.putAll(AxisOperators.ALL);
    }

    private final ModelFile file;
    private final Tensors tensors;
    private final GraphProto graph;
    private final long opset;
    private final Map<String, Integer> makers = new HashMap<>();
    private final Map<String, TensorProto> initializers = new HashMap<>();
    private final Map<String, Symbol> known = new HashMap<>();

    Walk(ModelFile file, Tensors tensors, GraphProto graph, long opset) {
        this.file = file;
        this.tensors = tensors;
        this.graph = graph;
        this.opset = opset;
        graph.getInitializerList().forEach(t -> initializers.put(t.getName(), t));
        for (int i = 0; i < graph.getNodeCount(); i++) {
            file.spend(NODE_MEMORY);
            for (String output : graph.getNode(i).getOutputList()) {
                if (!output.isEmpty() && makers.put(output, i) != null) {
                    throw file.refuse("has two nodes that produce " + quote(output));
                }
            }
        }
    }

    /** Whether operators of a domain are ONNX's own. */
    static boolean isStandard(String domain) {
        return domain.isEmpty() || domain.equals("ai.onnx");
    }

    /** What the first output stands for. */
    Symbol run(Recorder recorder, String input, View image) {
        known.put(input, image);
        Pointwise pointwise = new Pointwise(recorder);
        String output = graph.getOutput(0).getName();
        BitSet needed = needed(output);
        for (int i = needed.nextSetBit(0); i >= 0; i = needed.nextSetBit(i + 1)) {
            NodeProto proto = graph.getNode(i);
            if (known.containsKey(proto.getOutput(0))) {
                throw file.refuse("has two values named " + quote(proto.getOutput(0)));
            }
            OnnxNode node = new OnnxNode(file, proto, opset, inputs(proto));
            List<Symbol> results = results(node, recorder, pointwise);
            for (int k = 0; k < Math.min(results.size(), proto.getOutputCount()); k++) {
                known.put(proto.getOutput(k), results.get(k));
            }
        }
        Symbol result = symbol(output);
        if (result == null) {
            throw file.refuse("has an output %s that no node produces".formatted(quote(output)));
        }
        return result;
    }

    /** The nodes that a name depends on. */
    private BitSet needed(String output) {
        BitSet needed = new BitSet();
        Deque<String> open = new ArrayDeque<>(List.of(output));
        while (!open.isEmpty()) {
            Integer maker = makers.get(open.pop());
            if (maker != null && !needed.get(maker)) {
                needed.set(maker);
                open.addAll(graph.getNode(maker).getInputList());
            }
        }
        return needed;
    }

    private List<Symbol> inputs(NodeProto proto) {
        List<Symbol> inputs = new ArrayList<>();
        for (String name : proto.getInputList()) {
            Symbol symbol = name.isEmpty() ? null : symbol(name);
            if (symbol == null && !name.isEmpty()) {
                OnnxNode node = new OnnxNode(file, proto, opset, List.of());
                throw node.refuse(
                        "reads %s, which %s"
                                .formatted(
                                        quote(name),
                                        makers.containsKey(name)
                                                ? "is not produced before it: the graph has a"
                                                        + " cycle or is not in order"
                                                : "no node produces"));
            }
            inputs.add(symbol);
        }
        return inputs;
    }

    /** What a name stands for; null if nothing yet. */
    private Symbol symbol(String name) {
        Symbol symbol = known.get(name);
        if (symbol == null && initializers.containsKey(name)) {
            symbol = tensors.read(name, initializers.get(name));
            known.put(name, symbol);
        }
        return symbol;
    }

    private List<Symbol> results(OnnxNode node, Recorder recorder, Pointwise pointwise) {
        String domain = node.proto().getDomain();
        boolean foldable = node.isConstant() && Folding.knows(node.type());
        Operator operator = OPERATORS.get(node.type());
        if (node.type().equals("Constant") && isStandard(domain)) {
            return List.of(constant(node));
        }
        if (!isStandard(domain) || !foldable && operator == null) {
            throw node.refuse(unknown(domain));
        }
        try {
            return foldable ? Folding.apply(node) : operator.apply(node, recorder, pointwise);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw file.refuse(
                    "its node %s cannot be read: %s".formatted(node.label(), e.getMessage()), e);
        }
    }

    private static String unknown(String domain) {
        TreeSet<String> supported = new TreeSet<>(OPERATORS.keySet());
        supported.add("Constant");
        TreeSet<String> constants = new TreeSet<>();
        Folding.names().forEach(constants::add);
        constants.removeAll(supported);
        return "uses an operator%s that is not supported; supported are %s, and of constants %s"
                .formatted(
                        isStandard(domain) ? "" : " of " + quote(domain),
                        String.join(", ", supported),
                        String.join(", ", constants));
    }

    private Constant constant(OnnxNode node) {
        String name = node.name();
        if (node.hasAttribute("value")) {
            return tensors.read(name, node.tensor("value"));
        } else if (node.hasAttribute("value_float")) {
            float value = (float) node.real("value_float", 0);
            return Constant.of(name, HostTensor.of(Shape.SCALAR, value));
        } else if (node.hasAttribute("value_int")) {
            return Constant.of(name, Shape.SCALAR, node.integer("value_int", 0));
        } else if (node.hasAttribute("value_ints")) {
            List<Long> values = node.integers("value_ints", List.of());
            double[] numbers = Constant.allocate(file, values.size());
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = values.get(i);
            }
            return Constant.of(name, Shape.of(numbers.length), numbers, true);
        } else if (node.hasAttribute("value_floats")) {
            List<Float> values = node.reals("value_floats");
            double[] numbers = Constant.allocate(file, values.size());
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = values.get(i);
            }
            return Constant.of(name, Shape.of(numbers.length), numbers, false);
        }
        throw node.refuse("has no value that is a number or a tensor of them");
    }
}
