/** Use cases, one for each command: they open the backend and own progress and files. */
package org.naturalinversion.app;
