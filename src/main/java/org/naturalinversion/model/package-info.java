/**
 * Classifiers: what they are, how they are built as graphs, and where their feature maps are
 * tapped.
 */
package org.naturalinversion.model;
