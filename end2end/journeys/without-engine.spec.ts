import { expect, test } from "../support/test.ts";

test.use({ panelOptions: { dockerHost: "unix:///nowhere/docker.sock" } });

test("without an Engine the page says what is missing, and the files can be created and viewed", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByText("Can't reach Docker.")).toBeVisible();
  await expect(page.getByText("/nowhere/docker.sock").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Start stack" })).toHaveCount(0);
  await page.getByRole("button", { name: "Initialize" }).click();
  await expect(page.getByRole("heading", { name: "Files created" })).toBeVisible();
  await page.getByRole("link", { name: "Files" }).click();
  await expect(page.getByRole("region", { name: /^Contents of compose.yaml/ })).toContainText("clawker-net");
});
