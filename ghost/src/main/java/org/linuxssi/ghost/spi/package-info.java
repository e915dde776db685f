/** What services implement so that their kinds of resources are part of process images. */
@NullMarked
package org.linuxssi.ghost.spi;

import org.jspecify.annotations.NullMarked;
