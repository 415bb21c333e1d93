/**
 * NaturalInversion itself: Kim, Park, Kim, Kim, "NaturalInversion: Data-Free Image Synthesis
 * Improving Real-World Consistency", AAAI 2022 (arXiv 2306.16661), and DeepInversion (Yin et al.,
 * CVPR 2020) on the same engine. Starts at {@link org.naturalinversion.method.Inversion}.
 */
package org.naturalinversion.method;
