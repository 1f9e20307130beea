import { expect, serviceRow, serviceTitles, test } from "../support/test.ts";

test.use({ javaScriptEnabled: false });

test("initialize, start, read a log, stop and remove the stack without JavaScript", async ({ page, panel }) => {
  const reloadUntilVisible = async (words: string) => {
    await expect(async () => {
      await page.goto("/");
      await expect(page.getByText(words)).toBeVisible({ timeout: 500 });
    }).toPass();
  };
  await page.goto("/");
  await page.getByRole("button", { name: "Initialize" }).click();
  await reloadUntilVisible("Files created");
  await page.getByRole("button", { name: "Start stack" }).click();
  await reloadUntilVisible("All six services are ready.");
  for (const title of serviceTitles) {
    await expect(serviceRow(page, title).getByText("Ready", { exact: true })).toBeVisible();
  }
  await page.getByRole("link", { name: "Logs of Loki" }).click();
  await expect(page.getByRole("region", { name: /^Lines of Loki/ })).toContainText("Loki started");
  await page.getByRole("link", { name: "Files" }).click();
  await expect(page.getByRole("region", { name: /^Contents of compose.yaml/ })).toContainText("otel-collector");

  await page.goto("/");
  await page.getByRole("button", { name: "Stop stack" }).click();
  await reloadUntilVisible("The stack is stopped.");
  await page.getByRole("button", { name: "Remove stack and data" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove stack and data" }).click();
  await reloadUntilVisible("Stack and data removed");
  expect(await panel.docker("volume", "ls", "--quiet")).not.toContain("monitor_clawker");
});
