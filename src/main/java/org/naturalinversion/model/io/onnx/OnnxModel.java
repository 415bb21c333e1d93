package org.naturalinversion.model.io.onnx;

import java.util.Map;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.tensor.HostTensor;

/**
 * What an ONNX file holds.
 *
 * @param architecture its network
 * @param weights of the network, float32, by the names that the file gives them
 * @param metadata texts beside the network
 */
public record OnnxModel(
        Architecture architecture, Map<String, HostTensor> weights, Map<String, String> metadata) {}
