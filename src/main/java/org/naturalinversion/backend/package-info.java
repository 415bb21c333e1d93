/**
 * What a processor must offer to run plans: memory, named kernels, convolutions and matrix
 * products. Implementations live below this package and are found by {@link
 * java.util.ServiceLoader}.
 */
package org.naturalinversion.backend;
