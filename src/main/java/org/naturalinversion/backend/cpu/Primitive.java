package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_get_size;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_next_impl;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_query;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_query_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_exec_arg_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_impl_info_str;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import java.util.List;
import java.util.function.Predicate;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.naturalinversion.backend.jni.Owned;

/**
 * An operation of oneDNN on tensors of fixed shapes: described from the start, which is quick, and
 * compiled when it is first bound, which is not. Owns the tasks that are bound to it.
 */
final class Primitive extends Owned {
    private final OneDnn library;
    private final Object subject;
    private final int threads;
    private final dnnl_primitive_desc description;
    private dnnl_primitive compiled;

    /** One of oneDNN's functions that describe an operation. */
    @FunctionalInterface
    interface Describe {
        /** Fills in the description and returns a status. */
        int call(dnnl_primitive_desc made, dnnl_primitive_attr attributes);
    }

    private Primitive(
            OneDnn library,
            Owned owner,
            Object subject,
            int threads,
            dnnl_primitive_desc description) {
        super(List.of(owner));
        this.library = library;
        this.subject = subject;
        this.threads = threads;
        this.description = description;
    }

    /** Describes an operation that all threads of the backend share. */
    static Primitive describe(
            OneDnn library,
            Owned owner,
            String call,
            Object subject,
            Epilogue epilogue,
            Describe describe) {
        int threads = library.backend().threads();
        return describe(library, owner, call, subject, threads, epilogue, describe);
    }

    /**
     * Describes an operation.
     *
     * @param owner whose closing frees it
     * @param call the name of the function, for messages
     * @param subject what is described, for messages
     * @param threads that share it
     */
    static Primitive describe(
            OneDnn library,
            Owned owner,
            String call,
            Object subject,
            int threads,
            Epilogue epilogue,
            Describe describe) {
        owner.requireOpen();
        HostThreads.use(threads);
        dnnl_primitive_attr attributes = epilogue.attributes();
        try {
            dnnl_primitive_desc description = new dnnl_primitive_desc();
            OneDnn.check(describe.call(description, attributes), call, subject);
            return new Primitive(library, owner, subject, threads, description);
        } finally {
            dnnl_primitive_attr_destroy(attributes);
        }
    }

    OneDnn library() {
        return library;
    }

    /**
     * How an argument, numbered as oneDNN does, lies in memory. The primitive keeps what is
     * returned.
     */
    dnnl_memory_desc layout(int argument) {
        requireOpen();
        return dnnl_primitive_desc_query_md(description, dnnl_query_exec_arg_md, argument);
    }

    /** Size of an argument; 0 if there is none of this number. */
    long bytes(int argument) {
        return dnnl_memory_desc_get_size(layout(argument));
    }

    /** Which of its implementations oneDNN has chosen. */
    String implementation() {
        requireOpen();
        try (PointerPointer<BytePointer> text = new PointerPointer<>(1)) {
            OneDnn.check(
                    dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, text),
                    "dnnl_primitive_desc_query",
                    subject);
            return text.get(BytePointer.class, 0).getString();
        }
    }

    /**
     * Goes on to the next of oneDNN's implementations, in its own order of preference, as long as
     * their names are unwanted; to be called before anything else is asked.
     *
     * @return whether one is left; if not, this is good for nothing any more
     */
    boolean skipWhile(Predicate<String> unwanted) {
        requireOpen();
        while (unwanted.test(implementation())) {
            if (dnnl_primitive_desc_next_impl(description) != dnnl_success) {
                return false;
            }
        }
        return true;
    }

    /** The compiled operation. */
    dnnl_primitive compiled() {
        requireOpen();
        if (compiled == null) {
            HostThreads.use(threads);
            dnnl_primitive made = new dnnl_primitive();
            OneDnn.check(
                    dnnl_primitive_create(made, description), "dnnl_primitive_create", subject);
            compiled = made;
        }
        return compiled;
    }

    @Override
    protected String what() {
        return "oneDNN's primitive for " + subject;
    }

    @Override
    protected void free() {
        if (compiled != null) {
            dnnl_primitive_destroy(compiled);
        }
        dnnl_primitive_desc_destroy(description);
    }
}
