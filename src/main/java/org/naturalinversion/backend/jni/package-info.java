/**
 * What all backends share that drive native libraries: ownership, buffers, the binding of our
 * kernels.
 */
package org.naturalinversion.backend.jni;
