package org.naturalinversion.graph.oracle;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Compiler;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.WeightedSum;
import org.naturalinversion.tensor.HostTensor;

/** An op by itself against its definition: all outputs and all gradients, twice the same. */
record OpCheck(OpCase op) implements Check {
    @Override
    public String name() {
        return op.name();
    }

    @Override
    public List<Deviation> run(Engine engine, Precision precision) {
        Graph graph = new Graph();
        List<Value> leaves = new ArrayList<>();
        List<Value> inputs = new ArrayList<>();
        for (int i = 0; i < op.inputs().size(); i++) {
            Operand operand = op.inputs().get(i);
            Value leaf = leaf(graph, i, operand);
            leaves.add(leaf);
            boolean feature = operand.role() == Operand.Role.FEATURE;
            inputs.add(feature ? graph.apply(new AsFeature(), leaf) : leaf);
        }
        List<Value> outputs = graph.applyAll(op.op(), inputs);
        Compiler compiler =
                engine.compiler(graph)
                        .precision(precision)
                        .poison()
                        .fuse(false)
                        .outputs(outputs.toArray(Value[]::new));
        Value loss = loss(graph, outputs);
        if (loss != null) {
            compiler.minimize(loss, List.of());
            for (int i = 0; i < leaves.size(); i++) {
                if (op.inputs().get(i).isTrained()) {
                    compiler.gradients(leaves.get(i));
                }
            }
        }
        try (Plan plan = compiler.compile()) {
            plan.reset();
            plan.step();
            Map<String, double[]> first = read(plan, leaves, outputs);
            plan.step();
            Map<String, double[]> second = read(plan, leaves, outputs);
            List<Deviation> deviations = new ArrayList<>();
            expected()
                    .forEach(
                            (what, should) -> {
                                double[] is = first.get(what);
                                double tolerance = op.tolerance().of(precision);
                                deviations.add(Deviation.between(what, is, should, tolerance));
                                deviations.add(
                                        Deviation.between(
                                                what + " of a second step",
                                                second.get(what),
                                                is,
                                                0));
                            });
            return deviations;
        }
    }

    private Map<String, double[]> expected() {
        Evaluation evaluation = Evaluation.of(op);
        Map<String, double[]> tensors = new LinkedHashMap<>();
        for (int i = 0; i < evaluation.outputs().size(); i++) {
            tensors.put("output " + i, evaluation.outputs().get(i).values());
        }
        for (int i = 0; i < op.inputs().size(); i++) {
            if (op.inputs().get(i).isTrained()) {
                tensors.put("gradient by input " + i, evaluation.gradients().get(i));
            }
        }
        return tensors;
    }

    private Map<String, double[]> read(Plan plan, List<Value> leaves, List<Value> outputs) {
        Map<String, double[]> tensors = new LinkedHashMap<>();
        for (int i = 0; i < outputs.size(); i++) {
            tensors.put("output " + i, values(plan.read(outputs.get(i))));
        }
        for (int i = 0; i < leaves.size(); i++) {
            if (op.inputs().get(i).isTrained()) {
                tensors.put("gradient by input " + i, values(plan.readGradient(leaves.get(i))));
            }
        }
        return tensors;
    }

    private Value leaf(Graph graph, int input, Operand operand) {
        HostTensor tensor = tensor(operand, op.values(input));
        return operand.isTrained()
                ? graph.parameter("input " + input, operand.shape(), new Init.Values(tensor))
                : graph.constant("input " + input, tensor);
    }

    /** The sum of all items that have a gradient, each times its factor; null if none has. */
    private Value loss(Graph graph, List<Value> outputs) {
        List<Value> parts = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            if (op.op().isDifferentiable(i)) {
                Value output = outputs.get(i);
                double[] weights = OpCase.weights(output.shape(), i);
                HostTensor factors = HostTensor.of(output.shape(), floats(weights));
                parts.add(graph.apply(new Dot(), output, graph.constant("factors", factors)));
            }
        }
        return parts.isEmpty()
                ? null
                : graph.apply(
                        new WeightedSum(Collections.nCopies(parts.size(), 1.0)),
                        parts.toArray(Value[]::new));
    }

    private static HostTensor tensor(Operand operand, double[] values) {
        if (operand.role() != Operand.Role.INDEX) {
            return HostTensor.of(operand.shape(), floats(values));
        }
        long[] integers = new long[values.length];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = Math.round(values[i]);
        }
        return HostTensor.of(operand.shape(), integers);
    }

    static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    static double[] values(HostTensor tensor) {
        float[] floats = tensor.toFloats();
        double[] values = new double[floats.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats[i];
        }
        return values;
    }
}
