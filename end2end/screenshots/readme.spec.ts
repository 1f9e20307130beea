/** The README's pictures. Not tests: `cargo xtask screenshots` runs them. */
import { join } from "node:path";

import { expect, running, test } from "../support/test.ts";

const folder = join(import.meta.dirname, "../../docs/screenshots");

test.use({ wishes: { defaultPorts: true } });

test("light and dark, wide and narrow", async ({ page, panel }) => {
  await running(panel);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      for (const [name, path] of [
        ["stack", "/"],
        ["settings", "/settings"],
        ["files", "/files"],
        ["logs", "/logs/grafana"],
      ] as const) {
        await page.goto(path);
        if (name === "stack") await expect(page.getByText(/^\d+(\.\d)? %$/)).toHaveCount(6);
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
      }
    }
  }
});
