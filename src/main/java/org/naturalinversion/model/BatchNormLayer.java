package org.naturalinversion.model;

import org.naturalinversion.graph.Value;

/**
 * A frozen BatchNorm layer within a graph.
 *
 * @param name its name in the checkpoint
 * @param input what it normalises, [N, H, W, C]
 * @param mean running mean [C]
 * @param var running variance [C]
 */
public record BatchNormLayer(String name, Value input, Value mean, Value var) {}
