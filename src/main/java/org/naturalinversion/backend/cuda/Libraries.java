package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cublas.cublasLtGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaDriverGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaRuntimeGetVersion;
import static org.bytedeco.cuda.global.cudnn.cudnnGetVersion;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.javacpp.Loader;
import org.naturalinversion.backend.jni.NativeLibraries;

/**
 * CUDA and cuDNN as they are found on this machine: the user's, not ours. Each library is loaded by
 * us, before the bindings that ask for it by name, so it may lie anywhere; see {@link SearchPath}.
 */
final class Libraries {
    /** The oldest driver that a CUDA 13 runtime runs on, as cudaDriverGetVersion has it. */
    private static final int DRIVER = 13000;

    private static final String INSTALL_DRIVER = "install the NVIDIA driver, version 580 or newer";
    private static final String INSTALL_CUDA =
            "install CUDA 13 (https://developer.nvidia.com/cuda-downloads, or pip install"
                    + " nvidia-cublas nvidia-cuda-runtime nvidia-cuda-nvrtc)";
    private static final String INSTALL_CUDNN =
            "install cuDNN 9 for CUDA 13 (https://developer.nvidia.com/cudnn-downloads, or pip"
                    + " install nvidia-cudnn-cu13)";

    /** A library, and what to do without it; an optional one may be absent. */
    private record Library(String file, String advice, boolean optional) {}

    /** In the order of loading: each needs none but those before it. */
    private static final List<Library> LIBRARIES =
            List.of(
                    new Library("libcuda.so.1", INSTALL_DRIVER, false),
                    new Library("libcudart.so.13", INSTALL_CUDA, false),
                    new Library("libcublasLt.so.13", INSTALL_CUDA, false),
                    new Library("libcublas.so.13", INSTALL_CUDA, false),
                    // cuDNN may have need of it to compile fused kernels, or have its own.
                    new Library("libnvrtc.so.13", INSTALL_CUDA, true),
                    new Library("libcudnn_graph.so.9", INSTALL_CUDNN, false),
                    new Library("libcudnn_ops.so.9", INSTALL_CUDNN, false),
                    new Library("libcudnn_cnn.so.9", INSTALL_CUDNN, false),
                    new Library("libcudnn_adv.so.9", INSTALL_CUDNN, false));

    /** Where JavaCPP looks first. */
    private static final String LINK_PATH = "platform.linkpath";

    private static Optional<String> missing;

    private Libraries() {}

    /** Loads all, once; says in one line what is missing and what to do about it. */
    static synchronized Optional<String> missing() {
        if (missing == null) {
            missing = load();
        }
        return missing;
    }

    private static Optional<String> load() {
        try {
            if (DeviceLibrary.ni_kernel_count() == 0) {
                return Optional.of("this program was built without nvcc");
            }
        } catch (LinkageError e) {
            return Optional.of("its kernels cannot be loaded: " + e.getMessage());
        }
        SearchPath path = new SearchPath();
        for (Library library : LIBRARIES) {
            Optional<String> failure = path.load(library.file());
            if (failure.isPresent() && !library.optional()) {
                return Optional.of(failure.get() + ": " + library.advice());
            }
        }
        try {
            findTheSame();
            NativeLibraries.load(List.of(cudart.class, cublas.class, cudnn.class));
        } catch (LinkageError e) {
            return Optional.of("its libraries cannot be bound: " + e.getMessage());
        }
        int[] driver = new int[1];
        cudaDriverGetVersion(driver);
        return driver[0] < DRIVER
                ? Optional.of(
                        "the driver knows CUDA %s, but %s or newer is needed: %s"
                                .formatted(dotted(driver[0]), dotted(DRIVER), INSTALL_DRIVER))
                : Optional.empty();
    }

    /**
     * Lets JavaCPP, which searches on its own, find the libraries that are loaded: two versions of
     * one would take each other's parts.
     */
    private static void findTheSame() {
        Set<String> folders = new LinkedHashSet<>();
        files().values().forEach(file -> folders.add(Path.of(file).getParent().toString()));
        Properties platform = Loader.loadProperties();
        folders.add(platform.getProperty(LINK_PATH, ""));
        platform.setProperty(LINK_PATH, String.join(File.pathSeparator, folders));
    }

    /** The driver's own version where it tells, and the newest CUDA that it knows. */
    static String driver() {
        int[] version = new int[1];
        cudaDriverGetVersion(version);
        String cuda = "CUDA " + dotted(version[0]);
        try {
            String text =
                    Files.readString(
                            Path.of("/proc/driver/nvidia/version"), StandardCharsets.UTF_8);
            Matcher own = Pattern.compile("\\b(\\d+\\.\\d+(\\.\\d+)?)\\b").matcher(text);
            return own.find() ? own.group(1) + ", " + cuda : cuda;
        } catch (IOException e) {
            return cuda;
        }
    }

    static String runtime() {
        int[] version = new int[1];
        cudaRuntimeGetVersion(version);
        return dotted(version[0]);
    }

    static String cublas() {
        long version = cublasLtGetVersion();
        return "%d.%d.%d".formatted(version / 10000, version / 100 % 100, version % 100);
    }

    static String cudnn() {
        long version = cudnnGetVersion();
        return "%d.%d.%d".formatted(version / 10000, version / 100 % 100, version % 100);
    }

    /** Where each of them was found, by name. */
    static Map<String, String> files() {
        Map<String, String> files = new TreeMap<>();
        try {
            for (String line :
                    Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.UTF_8)) {
                int slash = line.indexOf('/');
                String file = slash < 0 ? "" : line.substring(slash);
                LIBRARIES.stream()
                        .map(Library::file)
                        .filter(name -> isOf(name, file))
                        .forEach(name -> files.putIfAbsent(name, file));
            }
        } catch (IOException e) {
            return files;
        }
        return files;
    }

    /** Whether a file is that library: its name, or that with more digits behind. */
    private static boolean isOf(String library, String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        return name.equals(library) || name.startsWith(library + ".");
    }

    private static String dotted(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
