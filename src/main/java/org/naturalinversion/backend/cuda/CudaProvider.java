package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.BackendProvider;

/** Offers CUDA devices. */
public final class CudaProvider implements BackendProvider {
    /** The oldest that our kernels are compiled for. */
    private static final double CAPABILITY = 8.0;

    /** The maker, as PCI numbers them. */
    private static final String NVIDIA = "0x10de";

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int rank() {
        return 1;
    }

    @Override
    public Optional<String> unavailable() {
        Optional<String> missing = Libraries.missing();
        if (missing.isPresent()) {
            return missing;
        }
        int[] devices = new int[1];
        int status = cudaGetDeviceCount(devices);
        if (status != cudaSuccess) {
            cudaGetLastError();
            return Optional.of("the driver finds no device: " + Status.text(status));
        }
        return devices[0] > 0 ? Optional.empty() : Optional.of("the driver finds no device");
    }

    /** Only where there is such a device, or somebody says where its libraries lie. */
    @Override
    public boolean isExpected() {
        return System.getProperty(LIBRARY_PATH) != null
                || Files.exists(Path.of("/dev/dxg"))
                || hasDevice(Path.of("/sys/bus/pci/devices"));
    }

    /** Whether a folder, of a folder for each device, names one of NVIDIA's. */
    static boolean hasDevice(Path folder) {
        try (Stream<Path> devices = Files.list(folder)) {
            return devices.anyMatch(device -> vendor(device).equals(NVIDIA));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    private static String vendor(Path device) {
        try {
            return Files.readString(device.resolve("vendor")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public Backend open(int device, int threads) {
        unavailable()
                .ifPresent(
                        reason -> {
                            throw new BackendException(
                                    "the cuda backend cannot be opened: " + reason);
                        });
        int[] devices = new int[1];
        Status.cuda(cudaGetDeviceCount(devices), "cudaGetDeviceCount", "all devices");
        if (device < 0 || device >= devices[0]) {
            throw new BackendException(
                    "there is no cuda device %d, only %s"
                            .formatted(
                                    device,
                                    devices[0] == 1 ? "device 0" : "0 to " + (devices[0] - 1)));
        }
        String capability = CudaBackend.capability(device);
        if (Double.parseDouble(capability) < CAPABILITY) {
            throw new BackendException(
                    "%s has compute capability %s, but %s or newer is needed"
                            .formatted(CudaBackend.name(device), capability, CAPABILITY));
        }
        return new CudaBackend(device);
    }
}
