/**
 * Classifiers as graphs: architectures, their weights, and what inversion needs to know of them:
 * BatchNorm layers, stages, taps.
 */
package org.naturalinversion.model;
