/** Architectures by name. */
package org.naturalinversion.model.zoo;
