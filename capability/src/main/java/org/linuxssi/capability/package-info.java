/** What may be done with processes, and which of them belong together. */
@NullMarked
package org.linuxssi.capability;

import org.jspecify.annotations.NullMarked;
