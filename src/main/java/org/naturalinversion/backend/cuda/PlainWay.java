package org.naturalinversion.backend.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Task;

/** By our own kernels: slower, but of any shape. */
record PlainWay(Kernels kernels, Problem solved) implements Way {
    /** How many parts the sum over a filter's positions is split in, so that it fills a device. */
    private static final long PARTS = 256;

    /** The most memory that parts of a sum may take. */
    private static final long PARTS_BYTES = 64 << 20;

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public long scratchBytes() {
        return switch (solved.direction()) {
            case FORWARD, DATA -> 0;
            case WEIGHTS -> 4 * parts() * solved.filters();
        };
    }

    private long parts() {
        return Math.max(1, Math.min(PARTS, PARTS_BYTES / (4 * solved.filters())));
    }

    @Override
    public List<Task> bind(Operands operands) {
        return switch (solved.direction()) {
            case FORWARD -> result("convolution_forward", operands);
            case DATA -> result("convolution_data_gradient", operands);
            case WEIGHTS -> {
                List<Object> arguments =
                        new ArrayList<>(
                                List.of(
                                        solved.operands().code(),
                                        operands.first(),
                                        operands.second(),
                                        operands.result(),
                                        operands.scratch(),
                                        parts()));
                arguments.addAll(shape());
                yield List.of(kernels.find("convolution_weight_gradient").bind(arguments));
            }
        };
    }

    private List<Task> result(String kernel, Operands operands) {
        List<Object> arguments =
                new ArrayList<>(
                        Arrays.asList(
                                solved.operands().code(),
                                solved.result().code(),
                                operands.first(),
                                operands.second(),
                                operands.bias(),
                                operands.residual(),
                                operands.result()));
        arguments.addAll(shape());
        arguments.add(solved.activation().kind().ordinal());
        arguments.add(solved.activation().slope());
        return List.of(kernels.find(kernel).bind(arguments));
    }

    private List<Integer> shape() {
        Window window = solved.window();
        return List.of(
                solved.n(),
                solved.h(),
                solved.w(),
                solved.c(),
                solved.oh(),
                solved.ow(),
                solved.k(),
                window.kernelHeight(),
                window.kernelWidth(),
                window.strideHeight(),
                window.strideWidth(),
                window.padTop(),
                window.padLeft(),
                window.dilationHeight(),
                window.dilationWidth(),
                solved.groups());
    }
}
