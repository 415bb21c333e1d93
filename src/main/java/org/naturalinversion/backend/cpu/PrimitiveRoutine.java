package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_execute;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Pointer;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Arguments;
import org.naturalinversion.backend.jni.NativeMemory;
import org.naturalinversion.backend.jni.Owned;

/**
 * A primitive as something that can be bound.
 *
 * @param operands what oneDNN calls the arguments, in order
 */
record PrimitiveRoutine(
        String name, String signature, double flops, Primitive primitive, List<Integer> operands)
        implements Routine {

    @Override
    public Task bind(List<Object> arguments) {
        return execution(arguments);
    }

    /** What {@link #bind} returns. */
    Execution execution(List<Object> arguments) {
        primitive.requireOpen();
        Arguments.check(this, arguments);
        CpuBackend backend = primitive.library().backend();
        List<Operand> given = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            Memory memory = (Memory) arguments.get(i);
            long needs = primitive.bytes(operands.get(i));
            long has = memory == null ? 0 : memory.bytes();
            if (has < needs) {
                throw new IllegalArgumentException(
                        "argument %d of %s (%s) must have %d bytes, not %d"
                                .formatted(i, name, signature, needs, has));
            }
            if (needs > 0) {
                given.add(new Operand(operands.get(i), Arguments.address(memory, backend)));
            }
        }
        List<Owned> owners = new ArrayList<>(Arguments.buffers(arguments, backend));
        owners.add(primitive);
        return new Execution(this, given, owners);
    }

    private record Operand(int number, long address) {}

    /** A primitive with its arguments; lives as long as the primitive and their buffers. */
    static final class Execution extends Owned implements Task {
        private static final long ARGUMENT_BYTES = Pointer.sizeof(dnnl_exec_arg_t.class);

        private final String name;
        private final dnnl_primitive primitive;
        private final dnnl_stream stream;
        private final CpuBackend backend;
        private final List<dnnl_memory> tensors = new ArrayList<>();
        private final int count;
        private final NativeMemory memory;
        private final dnnl_exec_arg_t arguments;

        Execution(PrimitiveRoutine routine, List<Operand> operands, List<Owned> owners) {
            this(
                    routine,
                    routine.primitive().compiled(),
                    operands,
                    new NativeMemory(ARGUMENT_BYTES * operands.size()),
                    owners);
        }

        private Execution(
                PrimitiveRoutine routine,
                dnnl_primitive primitive,
                List<Operand> operands,
                NativeMemory memory,
                List<Owned> owners) {
            super(owners);
            OneDnn library = routine.primitive().library();
            this.name = routine.name();
            this.primitive = primitive;
            this.stream = library.stream();
            this.backend = library.backend();
            this.count = operands.size();
            this.memory = memory;
            this.arguments = new dnnl_exec_arg_t(NativeMemory.at(memory.address()));
            for (int i = 0; i < count; i++) {
                Operand operand = operands.get(i);
                dnnl_memory tensor = new dnnl_memory();
                OneDnn.check(
                        dnnl_memory_create(
                                tensor,
                                routine.primitive().layout(operand.number()),
                                library.engine(),
                                NativeMemory.at(operand.address())),
                        "dnnl_memory_create",
                        name);
                tensors.add(tensor);
                arguments.position(i).arg(operand.number()).memory(tensor);
            }
            arguments.position(0);
        }

        /** The same for {@code ni_execute_each}, with a stream that no other thread uses. */
        long[] words(dnnl_stream other) {
            requireOpen();
            return new long[] {primitive.address(), other.address(), count, arguments.address()};
        }

        String name() {
            return name;
        }

        @Override
        public void run() {
            requireOpen();
            backend.enter();
            int status = dnnl_primitive_execute(primitive, stream, count, arguments);
            if (status != dnnl_success) {
                OneDnn.check(status, "dnnl_primitive_execute", name);
            }
        }

        @Override
        protected String what() {
            return "the memory or the primitive of " + name;
        }

        @Override
        protected void free() {
            tensors.forEach(dnnl::dnnl_memory_destroy);
            memory.free();
        }
    }
}
