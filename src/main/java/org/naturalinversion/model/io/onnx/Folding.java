package org.naturalinversion.model.io.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.model.io.onnx.Axes.Range;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * Computes nodes that do not depend on the image: the shape arithmetic that exporters emit. Numbers
 * are doubles on the way, which hold all extents exactly; what is many times the same is stored
 * once.
 */
final class Folding {
    /** A node of constants alone. */
    @FunctionalInterface
    private interface Fold {
        List<Symbol> apply(OnnxNode node);
    }

    /**
     * Integers of no fraction in ONNX's enumeration of types: UINT8 ... INT64, BOOL, UINT32,
     * UINT64.
     */
    private static final List<Long> INTEGERS = List.of(2L, 3L, 4L, 5L, 6L, 7L, 9L, 12L, 13L);

    private static final Map<String, Fold> ALL = all();

    private Folding() {}

    private static Map<String, Fold> all() {
        Map<String, Fold> all = new HashMap<>();
        binary(all, "Add", Double::sum);
        binary(all, "Sub", (a, b) -> a - b);
        binary(all, "Mul", (a, b) -> a * b);
        binary(all, "Pow", Math::pow);
        binary(all, "Min", Math::min);
        binary(all, "Max", Math::max);
        all.put("Div", node -> one(binary(node, Folding::quotient, node.constant(0).isInteger())));
        all.put("Mod", node -> one(binary(node, (a, b) -> a - Math.floor(a / b) * b, true)));
        comparison(all, "Equal", (a, b) -> a == b ? 1 : 0);
        comparison(all, "Greater", (a, b) -> a > b ? 1 : 0);
        comparison(all, "Less", (a, b) -> a < b ? 1 : 0);
        comparison(all, "GreaterOrEqual", (a, b) -> a >= b ? 1 : 0);
        comparison(all, "LessOrEqual", (a, b) -> a <= b ? 1 : 0);
        comparison(all, "And", (a, b) -> a != 0 && b != 0 ? 1 : 0);
        comparison(all, "Or", (a, b) -> a != 0 || b != 0 ? 1 : 0);
        unary(all, "Not", a -> a == 0 ? 1 : 0);
        unary(all, "Neg", a -> -a);
        unary(all, "Abs", Math::abs);
        unary(all, "Floor", Math::floor);
        unary(all, "Ceil", Math::ceil);
        unary(all, "Sqrt", Math::sqrt);
        unary(all, "Exp", Math::exp);
        unary(all, "Reciprocal", a -> 1 / a);
        all.put("Identity", node -> one(node.constant(0)));
        all.put("Dropout", node -> one(node.constant(0)));
        all.put("Cast", node -> one(cast(node)));
        all.put("Shape", node -> one(AxisOperators.shape(node, node.constant(0).shape())));
        all.put("Size", Folding::size);
        all.put("ConstantOfShape", node -> one(ofShape(node)));
        all.put("Expand", node -> one(expand(node)));
        all.put("Range", node -> one(range(node)));
        all.put("Where", node -> one(where(node)));
        all.put("ReduceProd", node -> one(product(node)));
        all.put("Reshape", node -> one(with(node, Axes.reshape(node, shape(node)))));
        all.put("Flatten", node -> one(with(node, Axes.flatten(node, shape(node)))));
        all.put("Squeeze", node -> one(squeeze(node)));
        all.put("Unsqueeze", node -> one(unsqueeze(node)));
        all.put("Transpose", node -> one(transpose(node)));
        all.put("Gather", node -> one(gather(node)));
        all.put("Slice", node -> one(slice(node)));
        all.put("Split", Folding::split);
        all.put("Concat", node -> one(concat(node)));
        return all;
    }

    /** Whether constants of this operator can be computed. */
    static boolean knows(String operator) {
        return ALL.containsKey(operator);
    }

    /** The operators whose constants can be computed. */
    static Iterable<String> names() {
        return ALL.keySet();
    }

    static List<Symbol> apply(OnnxNode node) {
        return ALL.get(node.type()).apply(node);
    }

    private static List<Symbol> one(Constant constant) {
        return List.of(constant);
    }

    private static void binary(Map<String, Fold> all, String name, DoubleBinaryOperator f) {
        all.put(name, node -> one(binary(node, f, node.constant(0).isInteger())));
    }

    private static void comparison(Map<String, Fold> all, String name, DoubleBinaryOperator f) {
        all.put(name, node -> one(binary(node, f, true)));
    }

    private static void unary(Map<String, Fold> all, String name, DoubleUnaryOperator f) {
        all.put(name, node -> one(unary(node, f)));
    }

    private static double quotient(double a, double b) {
        return a / b;
    }

    private static Constant binary(OnnxNode node, DoubleBinaryOperator f, boolean integers) {
        Constant result = node.constant(0);
        for (int i = 1; i < node.inputs().size(); i++) {
            result = binary(node, result, node.constant(i), f, integers);
        }
        return result;
    }

    private static Constant binary(
            OnnxNode node, Constant a, Constant b, DoubleBinaryOperator f, boolean integers) {
        Shape shape = Broadcast.of(a.shape(), b.shape());
        if (integers && node.type().equals("Div") && b.uniform() == 0) {
            throw new IllegalArgumentException("it divides by zero");
        }
        if (a.isUniform() && b.isUniform()) {
            double[] value = {f.applyAsDouble(a.at(0), b.at(0))};
            return Constant.of(node.name(), shape, value, integers);
        }
        Broadcast toA = new Broadcast(a.shape(), shape);
        Broadcast toB = new Broadcast(b.shape(), shape);
        double[] values = Constant.allocate(node.file(), shape.elements());
        for (int i = 0; i < values.length; i++) {
            values[i] = f.applyAsDouble(a.at(toA.index(i)), b.at(toB.index(i)));
        }
        return Constant.of(node.name(), shape, values, integers);
    }

    private static Constant unary(OnnxNode node, DoubleUnaryOperator f) {
        Constant x = node.constant(0);
        double[] values = x.stored(node.file());
        for (int i = 0; i < values.length; i++) {
            values[i] = f.applyAsDouble(values[i]);
        }
        return Constant.of(node.name(), x.shape(), values, x.isInteger());
    }

    private static Constant cast(OnnxNode node) {
        Constant x = node.constant(0);
        boolean integers = INTEGERS.contains(node.integer("to", 1));
        // A weight stays what it is: it is converted where it is used.
        return integers == x.isInteger()
                ? x
                : Constant.of(node.name(), x.shape(), x.stored(node.file()), integers);
    }

    private static List<Symbol> size(OnnxNode node) {
        return one(Constant.of(node.name(), Shape.SCALAR, shape(node).elements()));
    }

    private static Constant ofShape(OnnxNode node) {
        Shape shape = shapeOf(node.constant(0).integers(node.file()));
        if (!node.hasAttribute("value")) {
            return Constant.of(node.name(), shape, new double[1], false);
        }
        try (Tensors tensors = new Tensors(node.file())) {
            Constant value = tensors.read(node.name(), node.tensor("value"));
            if (!value.isUniform()) {
                throw new IllegalArgumentException("its value is not one number");
            }
            return new Constant(node.name(), shape, value.tensor());
        }
    }

    private static Constant expand(OnnxNode node) {
        Constant x = node.constant(0);
        Shape shape = Broadcast.of(x.shape(), shapeOf(node.constant(1).integers(node.file())));
        if (x.isUniform()) {
            return new Constant(node.name(), shape, x.tensor());
        }
        Broadcast broadcast = new Broadcast(x.shape(), shape);
        double[] values = Constant.allocate(node.file(), shape.elements());
        for (int i = 0; i < values.length; i++) {
            values[i] = x.at(broadcast.index(i));
        }
        return Constant.of(node.name(), shape, values, x.isInteger());
    }

    private static Shape shapeOf(List<Long> extents) {
        if (extents.size() > View.MOST_AXES) {
            throw new IllegalArgumentException("a shape of %d axes".formatted(extents.size()));
        }
        return Shape.of(extents.stream().mapToLong(Long::longValue).toArray());
    }

    private static Constant range(OnnxNode node) {
        double start = node.constant(0).uniform();
        double limit = node.constant(1).uniform();
        double delta = node.constant(2).uniform();
        double count = Math.max(0, Math.ceil((limit - start) / delta));
        if (!(count <= Integer.MAX_VALUE)) {
            throw new IllegalArgumentException(
                    "a range from %s to %s by %s".formatted(start, limit, delta));
        }
        double[] values = Constant.allocate(node.file(), (long) count);
        for (int i = 0; i < values.length; i++) {
            values[i] = start + i * delta;
        }
        boolean integers = node.constant(0).isInteger();
        return Constant.of(node.name(), Shape.of(values.length), values, integers);
    }

    private static Constant where(OnnxNode node) {
        Constant condition = node.constant(0);
        Constant yes = node.constant(1);
        Constant no = node.constant(2);
        Shape shape = Broadcast.of(condition.shape(), Broadcast.of(yes.shape(), no.shape()));
        Broadcast toCondition = new Broadcast(condition.shape(), shape);
        Broadcast toYes = new Broadcast(yes.shape(), shape);
        Broadcast toNo = new Broadcast(no.shape(), shape);
        double[] values = Constant.allocate(node.file(), shape.elements());
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    condition.at(toCondition.index(i)) != 0
                            ? yes.at(toYes.index(i))
                            : no.at(toNo.index(i));
        }
        return Constant.of(node.name(), shape, values, yes.isInteger());
    }

    /** The product of all numbers, which is what sizes are made by. */
    private static Constant product(OnnxNode node) {
        Constant x = node.constant(0);
        if (x.shape().rank() > 1) {
            throw new IllegalArgumentException("it multiplies numbers of more than one axis");
        }
        double product = 1;
        for (long value : x.integers(node.file())) {
            product *= value;
        }
        boolean keep = node.integer("keepdims", 1) != 0 && x.shape().rank() == 1;
        double[] value = {product};
        return Constant.of(node.name(), keep ? Shape.of(1) : Shape.SCALAR, value, x.isInteger());
    }

    private static Shape shape(OnnxNode node) {
        return node.constant(0).shape();
    }

    private static Constant with(OnnxNode node, Shape shape) {
        return node.constant(0).with(shape);
    }

    private static Constant squeeze(OnnxNode node) {
        List<Long> extents = extents(shape(node));
        Axes.squeezed(node, shape(node)).forEach(axis -> extents.remove((int) axis));
        return with(node, shapeOf(extents));
    }

    private static Constant unsqueeze(OnnxNode node) {
        List<Long> extents = extents(shape(node));
        Axes.unsqueezed(node, shape(node)).forEach(axis -> extents.add(axis, 1L));
        return with(node, shapeOf(extents));
    }

    private static List<Long> extents(Shape shape) {
        List<Long> extents = new ArrayList<>();
        for (long extent : shape.toArray()) {
            extents.add(extent);
        }
        return extents;
    }

    private static Constant transpose(OnnxNode node) {
        Constant x = node.constant(0);
        List<Integer> order = Axes.permutation(node, x.shape().rank());
        Shape shape = Shape.of(order.stream().mapToLong(x.shape()::get).toArray());
        if (x.isUniform()) {
            return x.with(shape);
        }
        int rank = order.size();
        int[] strides = new int[rank];
        int stride = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= x.shape().dim(axis);
        }
        int bytes = x.tensor().dtype().bytes();
        ByteBuffer from = x.tensor().data();
        ByteBuffer into = allocate(node.file(), shape.elements() * bytes);
        for (int i = 0; i < shape.elements(); i++) {
            int place = 0;
            int rest = i;
            for (int axis = rank - 1; axis >= 0; axis--) {
                place += rest % shape.dim(axis) * strides[order.get(axis)];
                rest /= shape.dim(axis);
            }
            into.put(i * bytes, from, place * bytes, bytes);
        }
        return Constant.of(x.name(), new HostTensor(x.tensor().dtype(), shape, into));
    }

    private static ByteBuffer allocate(ModelFile file, long bytes) {
        file.spend(bytes);
        return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static Constant gather(OnnxNode node) {
        Constant x = node.constant(0);
        Constant said = node.constant(1);
        int axis = Axes.axis(node.integer("axis", 0), x.shape().rank());
        int extent = x.shape().dim(axis);
        int[] indices =
                said.integers(node.file()).stream()
                        .mapToInt(i -> Math.toIntExact(i < 0 ? i + extent : i))
                        .toArray();
        Constant taken = selected(node, x, axis, indices);
        List<Long> extents = extents(x.shape());
        extents.remove(axis);
        extents.addAll(axis, extents(said.shape()));
        return taken.with(shapeOf(extents));
    }

    private static Constant slice(OnnxNode node) {
        Constant x = node.constant(0);
        for (Range range : Axes.slices(node, x.shape())) {
            node.file().spend((long) Integer.BYTES * range.count());
            int[] indices = new int[range.count()];
            for (int i = 0; i < indices.length; i++) {
                indices[i] = range.first() + i * range.step();
            }
            x = selected(node, x, range.axis(), indices);
        }
        return x;
    }

    private static List<Symbol> split(OnnxNode node) {
        Constant x = node.constant(0);
        int axis = Axes.axis(node.integer("axis", 0), x.shape().rank());
        List<Symbol> parts = new ArrayList<>();
        int first = 0;
        for (int count : Axes.split(node, x.shape().dim(axis))) {
            node.file().spend((long) Integer.BYTES * count);
            int[] indices = new int[count];
            for (int i = 0; i < count; i++) {
                indices[i] = first++;
            }
            parts.add(selected(node, x, axis, indices));
        }
        return parts;
    }

    /** Some indices of an axis. */
    private static Constant selected(OnnxNode node, Constant x, int axis, int[] indices) {
        int extent = x.shape().dim(axis);
        for (int index : indices) {
            if (index < 0 || index >= extent) {
                throw new IllegalArgumentException(
                        "index %d is out of range for an axis of %d".formatted(index, extent));
            }
        }
        Shape shape = x.shape().with(axis, indices.length);
        if (x.isUniform()) {
            return new Constant(node.name(), shape, x.tensor());
        }
        int inner = x.tensor().dtype().bytes();
        for (int i = axis + 1; i < shape.rank(); i++) {
            inner *= shape.dim(i);
        }
        ByteBuffer from = x.tensor().data();
        ByteBuffer into = allocate(node.file(), shape.elements() * x.tensor().dtype().bytes());
        int block = extent * inner;
        for (int outer = 0; into.hasRemaining(); outer++) {
            for (int index : indices) {
                into.put(from.slice(outer * block + index * inner, inner));
            }
        }
        return Constant.of(node.name(), new HostTensor(x.tensor().dtype(), shape, into.flip()));
    }

    private static Constant concat(OnnxNode node) {
        Constant first = node.constant(0);
        int axis = Axes.axis(node.integer("axis", 0), first.shape().rank());
        long extent = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            Shape shape = node.constant(i).shape();
            boolean fits =
                    shape.rank() == first.shape().rank()
                            && shape.with(axis, 0).equals(first.shape().with(axis, 0));
            if (!fits) {
                throw new IllegalArgumentException(shape + " does not fit " + first.shape());
            }
            extent = Math.addExact(extent, shape.get(axis));
        }
        Shape shape = first.shape().with(axis, extent);
        double[] values = Constant.allocate(node.file(), shape.elements());
        int inner = 1;
        for (int i = axis + 1; i < shape.rank(); i++) {
            inner *= shape.dim(i);
        }
        int at = 0;
        for (int outer = 0; at < values.length; outer++) {
            for (int i = 0; i < node.inputs().size(); i++) {
                Constant part = node.constant(i);
                int block = part.shape().dim(axis) * inner;
                for (int k = 0; k < block; k++) {
                    values[at++] = part.at(outer * block + k);
                }
            }
        }
        return Constant.of(node.name(), shape, values, first.isInteger());
    }
}
