package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cublas.cublasLtCreate;
import static org.bytedeco.cuda.global.cublas.cublasLtDestroy;
import static org.bytedeco.cuda.global.cudnn.cudnnCreate;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroy;
import static org.bytedeco.cuda.global.cudnn.cudnnSetStream;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.jni.Owned;

/** Convolutions by cuDNN, matrix products by cuBLASLt. */
final class CudaDnn extends Owned implements Dnn {
    private final CudaBackend backend;
    private final cudnnContext convolutions = new cudnnContext();
    private final cublasLtContext products = new cublasLtContext();
    private final Choices choices;
    private final Map<MatmulSpec, Product> known = new HashMap<>();

    CudaDnn(CudaBackend backend) {
        super(List.of(backend));
        this.backend = backend;
        this.choices =
                Choices.of(backend.name() + ", driver " + Libraries.driver(), Libraries.cudnn());
        Status.cudnn(cudnnCreate(convolutions), "cudnnCreate", backend.name());
        Status.cudnn(
                cudnnSetStream(convolutions, backend.stream()), "cudnnSetStream", backend.name());
        Status.cublas(cublasLtCreate(products), "cublasLtCreate", backend.name());
    }

    CudaBackend backend() {
        return backend;
    }

    /** cuDNN, on the backend's stream. */
    cudnnContext cudnn() {
        return convolutions;
    }

    cublasLtContext cublas() {
        return products;
    }

    /** Which of cuDNN's engines have been found to be the fastest. */
    Choices choices() {
        return choices;
    }

    @Override
    public Convolution convolution(ConvolutionSpec spec) {
        requireOpen();
        backend.enter();
        return new CudaConvolution(this, spec);
    }

    /** Products are kept until the backend is closed: plans come and go, their shapes return. */
    @Override
    public Prepared matmul(MatmulSpec spec) {
        requireOpen();
        backend.enter();
        Product product = known.computeIfAbsent(spec, s -> new Product(this, s));
        return new Prepared(product, product.scratchBytes());
    }

    @Override
    protected String what() {
        return "cuDNN and cuBLAS";
    }

    @Override
    protected void free() {
        choices.save();
        backend.enter();
        // What could not be made is null.
        if (!products.isNull()) {
            cublasLtDestroy(products);
        }
        if (!convolutions.isNull()) {
            cudnnDestroy(convolutions);
        }
    }
}
