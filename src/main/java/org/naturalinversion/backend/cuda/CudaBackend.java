package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudart.cuDeviceGetName;
import static org.bytedeco.cuda.global.cudart.cuInit;
import static org.bytedeco.cuda.global.cudart.cudaDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cudaEventCreate;
import static org.bytedeco.cuda.global.cudart.cudaEventElapsedTime;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaSetDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cudaStreamNonBlocking;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.NativeBackend;
import org.naturalinversion.backend.jni.NativeKernels;
import org.naturalinversion.backend.jni.Owned;

/**
 * A CUDA device, its memory, and one stream on it. A task's run only starts it; who reads, waits.
 * Several backends on one device run side by side, each from a thread of its own.
 */
final class CudaBackend extends NativeBackend {
    /** The device that each thread's calls go to. */
    private static final ThreadLocal<int[]> CURRENT = ThreadLocal.withInitial(() -> new int[] {-1});

    private final boolean graphs = !"off".equals(System.getProperty("ni.cuda.graphs"));
    private final int device;
    private final String name;
    private final CUstream_st stream = new CUstream_st();
    private final CUevent_st start = new CUevent_st();
    private final CUevent_st end = new CUevent_st();
    private final Kernels kernels;
    private final CudaDnn dnn;

    /** Opens a device that is known to be there. */
    CudaBackend(int device) {
        this.device = device;
        enter();
        this.name = name(device);
        try {
            Status.cuda(
                    cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking),
                    "cudaStreamCreateWithFlags",
                    name);
            Status.cuda(cudaEventCreate(start), "cudaEventCreate", name);
            Status.cuda(cudaEventCreate(end), "cudaEventCreate", name);
            kernels = new NativeKernels(this, new DeviceLibrary.Table(stream));
            dnn = new CudaDnn(this);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public void enter() {
        int[] current = CURRENT.get();
        if (current[0] != device) {
            Status.cuda(cudaSetDevice(device), "cudaSetDevice", "device " + device);
            current[0] = device;
        }
    }

    CUstream_st stream() {
        return stream;
    }

    /** Whether sequences of tasks become CUDA graphs: always, but for who looks for an error. */
    boolean usesGraphs() {
        return graphs;
    }

    /** The device's name, as its maker calls it. */
    String name() {
        return name;
    }

    @Override
    public Description description() {
        requireOpen();
        return new Description(
                "cuda",
                name,
                0,
                versions(
                        Map.of(
                                "driver", Libraries.driver(),
                                "CUDA", Libraries.runtime(),
                                "cuBLAS", Libraries.cublas(),
                                "cuDNN", Libraries.cudnn(),
                                "kernels", DeviceLibrary.ni_variant(),
                                "capability", capability(device))),
                Libraries.files(),
                List.of());
    }

    @Override
    public Buffer allocate(long bytes, Owned owner) {
        owner.requireOpen();
        return CudaBuffer.allocate(this, owner, bytes);
    }

    @Override
    public FreeMemory freeMemory() {
        requireOpen();
        enter();
        return Status.freeMemory();
    }

    @Override
    public Kernels kernels() {
        requireOpen();
        return kernels;
    }

    @Override
    public Dnn dnn() {
        requireOpen();
        return dnn;
    }

    @Override
    public Task together(List<Task> tasks) {
        requireOpen();
        return new Replay(this, tasks);
    }

    @Override
    public double milliseconds(Task task) {
        requireOpen();
        enter();
        Status.cuda(cudaEventRecord(start, stream), "cudaEventRecord", name);
        task.run();
        Status.cuda(cudaEventRecord(end, stream), "cudaEventRecord", name);
        Status.cuda(cudaEventSynchronize(end), "cudaEventSynchronize", name);
        float[] elapsed = new float[1];
        Status.cuda(cudaEventElapsedTime(elapsed, start, end), "cudaEventElapsedTime", name);
        return elapsed[0];
    }

    @Override
    public void synchronize() {
        requireOpen();
        enter();
        Status.cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize", name);
    }

    @Override
    protected String what() {
        return "the cuda backend";
    }

    @Override
    protected void free() {
        enter();
        // What could not be made is null.
        Stream.of(start, end).filter(e -> !e.isNull()).forEach(cudart::cudaEventDestroy);
        if (!stream.isNull()) {
            cudaStreamDestroy(stream);
        }
        cudaGetLastError();
    }

    /** A device's name. */
    static String name(int device) {
        byte[] name = new byte[256];
        if (cuInit(0) != 0 || cuDeviceGetName(name, name.length, device) != 0) {
            return "CUDA device " + device;
        }
        int end = 0;
        while (end < name.length && name[end] != 0) {
            end++;
        }
        return new String(name, 0, end, StandardCharsets.UTF_8);
    }

    /** A device's compute capability, as in 9.0. */
    static String capability(int device) {
        return attribute(cudart.cudaDevAttrComputeCapabilityMajor, device)
                + "."
                + attribute(cudart.cudaDevAttrComputeCapabilityMinor, device);
    }

    private static int attribute(int attribute, int device) {
        int[] value = new int[1];
        Status.cuda(
                cudaDeviceGetAttribute(value, attribute, device),
                "cudaDeviceGetAttribute",
                "device " + device);
        return value[0];
    }
}
