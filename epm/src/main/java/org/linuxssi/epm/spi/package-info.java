/** What migration needs of the services that hold processes and make images of them. */
@NullMarked
package org.linuxssi.epm.spi;

import org.jspecify.annotations.NullMarked;
