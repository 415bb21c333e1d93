/** Images in and out: folders, data set files, augmentation. */
package org.naturalinversion.data;
