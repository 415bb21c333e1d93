package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;

/** y = x w^T + bias, in float32. Inputs: x [N, K], w [M, K], bias [M]; output [N, M]. */
public record Linear() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 3, "has %d inputs", in.size());
        Check.rank(in.get(0), 2);
        Check.rank(in.get(1), 2);
        Check.that(
                in.get(0).shape().get(1) == in.get(1).shape().get(1),
                "weights %s do not fit %d features",
                in.get(1).shape(),
                in.get(0).shape().get(1));
        Check.vector(in.get(2), in.get(1).shape().get(0), "the bias");
        return List.of(Type.exact(in.get(0).shape().get(0), in.get(1).shape().get(0)));
    }

    @Override
    public void forward(Node node, Lowering to) {
        to.matmul(
                product(rows(node), outputs(node), inputs(node), false, true, true, to),
                to.of(node.input(0), DType.F32),
                to.of(node.input(1)),
                to.of(node.input(2)),
                to.of(node.output(0)));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Slot gy = to.gradient(node.output(0));
        if (to.wants(node.input(1))) {
            to.matmul(
                    product(outputs(node), inputs(node), rows(node), true, false, false, to),
                    gy,
                    to.of(x, DType.F32),
                    to.contribute(node.input(1)));
        }
        if (to.wants(node.input(2))) {
            to.call(
                    "column_sum",
                    DType.F32,
                    gy,
                    to.contribute(node.input(2)),
                    to.partials(outputs(node)),
                    rows(node),
                    outputs(node));
        }
        if (to.wants(x)) {
            MatmulSpec spec =
                    product(rows(node), inputs(node), outputs(node), false, false, false, to);
            to.contribute(x, DType.F32, gx -> to.matmul(spec, gy, to.of(node.input(1)), gx));
        }
    }

    private static MatmulSpec product(
            int m,
            int n,
            int k,
            boolean transposeA,
            boolean transposeB,
            boolean bias,
            Lowering to) {
        return new MatmulSpec(
                m, n, k, transposeA, transposeB, DType.F32, DType.F32, bias, to.precision().tf32());
    }

    private static int rows(Node node) {
        return node.input(0).shape().dim(0);
    }

    private static int inputs(Node node) {
        return node.input(1).shape().dim(1);
    }

    private static int outputs(Node node) {
        return node.input(1).shape().dim(0);
    }
}
