package org.naturalinversion.data;

/** The two halves of a data set: what is learnt from, and what is kept to measure by. */
public enum Part {
    TRAIN,
    TEST
}
