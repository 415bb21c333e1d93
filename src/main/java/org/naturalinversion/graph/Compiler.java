package org.naturalinversion.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.naturalinversion.backend.Backend;

/**
 * Makes a plan of a graph: fuses, drops what nobody reads, differentiates toward what is trained,
 * plans one arena, runs what never changes once, and binds the rest.
 */
public final class Compiler {
    final Backend backend;
    final Graph source;
    Precision precision = Precision.F32;
    boolean fuse = true;
    boolean poison;
    final List<Value> outputs = new ArrayList<>();
    final List<Value> gradients = new ArrayList<>();
    Value loss;
    List<Optimizer> optimizers = List.of();
    Value counter;
    Value improved;
    Value key;
    Variables variables;
    boolean useBest;

    Compiler(Backend backend, Graph source) {
        this.backend = backend;
        this.source = source;
    }

    /** How feature maps are stored; float32 if not said. */
    public Compiler precision(Precision storage) {
        precision = storage;
        return this;
    }

    /**
     * Whether nodes are fused; yes if not said. Without fusion a plan computes the same, slower:
     * for tests.
     */
    public Compiler fuse(boolean on) {
        fuse = on;
        return this;
    }

    /**
     * Lets the plan fill memory with NaN before whoever writes it first in a step, so that what is
     * read before it is written shows: for comparisons.
     */
    public Compiler poison() {
        poison = true;
        return this;
    }

    /** Values that can be read after a step. */
    public Compiler outputs(Value... values) {
        outputs.addAll(Arrays.asList(values));
        return this;
    }

    /**
     * Parameters whose gradients can be read after a step, besides those that an optimiser trains.
     */
    public Compiler gradients(Value... values) {
        gradients.addAll(Arrays.asList(values));
        return this;
    }

    /** Differentiates a scalar and lets optimisers lower it. */
    public Compiler minimize(Value scalar, List<Optimizer> by) {
        loss = scalar;
        optimizers = List.copyOf(by);
        return this;
    }

    /**
     * The int32 state that holds the number of the running step when the optimisers read it; the
     * first is 1.
     */
    public Compiler countedBy(Value state) {
        counter = state;
        return this;
    }

    /**
     * Lets the optimisers keep a copy of the parameters from before the update whenever this int32
     * flag is set.
     */
    public Compiler keepBestWhen(Value flag) {
        improved = flag;
        return this;
    }

    /** The int32[3] input that all random draws are keyed by: run seed (low, high), batch index. */
    public Compiler keyedBy(Value input) {
        key = input;
        return this;
    }

    /** Variables shared with other plans; without this call the plan makes its own. */
    public Compiler variables(Variables shared) {
        variables = shared;
        return this;
    }

    /**
     * Reads the kept copies of the parameters instead of the parameters; such a plan has nothing to
     * reset.
     */
    public Compiler useBest() {
        useBest = true;
        return this;
    }

    /**
     * Compiles. The plan owns what it made: primitives, arena, constants, and its variables unless
     * they are shared.
     *
     * @throws org.naturalinversion.backend.OutOfMemoryException if the processor has too little
     *     memory
     */
    public Plan compile() {
        return new Compilation(this).plan();
    }
}
