// A newcomer's walk through the demo of one provider: each page shows what this provider has and nothing that it has not.
//
//   node walk.mjs URL CHROMIUM DIRECTORY PASSWORD POLICY     screenshots go to DIRECTORY
import { expect, finish, look as lookAt, more, url, visitor } from "./browse.mjs";

const [policy] = more;
const parts = {
  kliksafe: ["priorities", "impact", "reach"],
  openedu: ["cards", "priorities", "impact"],
  servicedesk: [],
  klik: ["priorities", "impact", "topics", "availability"],
  cliendo: ["priorities", "impact", "topics", "fair_use", "urgency"],
  standard: ["cards", "priorities", "impact", "topics", "fair_use", "urgency"],
}[policy];
const has = (part) => parts.includes(part);
const look = (page, name, path) => lookAt(page, `${policy}-${name}`, path, ["light"]);
const text = async (page) => `${await page.locator("header nav").innerText()}\n${await page.locator("main").innerText()}`;
const other = async (page) => {
  await page.locator("form[action='/language'] button").first().click();
  await page.waitForLoadState();
};

/** What belongs to cards, as words of the visible text. */
const CARDS = /\b(strippenkaart(en)?|kaart(en)?|strippen|tegoed|cards?|strips|balance)\b/i;

/** A page, in both languages, has no word of a part that the provider lacks. */
async function fits(page, where) {
  for (const lang of ["nl", "en"]) {
    await page.waitForSelector(`html[lang=${lang}]`);
    const said = await text(page);
    expect(has("cards") || !CARDS.test(said), `${where} in ${lang} speaks of cards only where there are cards (${CARDS.exec(said)?.[0]})`);
    expect((await page.locator("nav a[href='/fair-use'], nav a[href$='/fair-use']").count() > 0) === has("fair_use"), `${where} in ${lang} leads to fair use where it is counted`);
    expect((await page.locator("nav a[href='/availability']").count() > 0) === has("availability"), `${where} in ${lang} leads to availability where it is promised`);
    await other(page);
  }
}

// The customer looks around.
const customer = await visitor("customer");
await customer.goto(`${url}/balance`);
const homes = await customer.locator("main a[href^='/customers/']").evaluateAll((all) => all.map((each) => new URL(each.href).pathname));
const first = await customer.locator("main a", { hasText: "Regenboog" }).getAttribute("href");
const second = await customer.locator("main a", { hasText: "Zonnehoek" }).getAttribute("href");
expect(homes.includes(first) && homes.includes(second), "the same login sees both of its customers");
await look(customer, "home", first);
await fits(customer, "home");
expect((await customer.locator(".balance .big").count() > 0) === has("cards"), "what is left on cards is shown where there are cards");
if (has("fair_use")) {
  await look(customer, "fair-use", `${second}/fair-use`);
  expect(await customer.locator("svg.months rect.track").count() >= 12, "fair use is drawn month by month");
  expect(/bijna|dicht|nadert/i.test(await customer.locator(".balance .tag").innerText()), "Zonnehoek is near its fair use");
  await look(customer, "fair-use-within", `${first}/fair-use`);
}
if (has("availability")) {
  await look(customer, "availability", "/availability");
  expect(await customer.locator("main table tbody tr").count() >= 12, "availability is told month by month");
}

// ... and reports something.
await look(customer, "report", `${first}/tickets/new`);
const asks = async (field, part) => expect((await customer.locator(`[name=${field}]`).count() > 0) === part, `the form asks for ${field} where it matters`);
await asks("impact", has("impact"));
await asks("reach", has("reach"));
await asks("topic", has("topics"));
await asks("urgency", has("urgency"));
await fits(customer, "the form");
const subject = "Hoe zet ik een groep in het archief?";
await customer.fill("[name=subject]", subject);
await customer.selectOption("[name=kind]", "question");
await customer.fill("[name=description]", "Wij vinden de knop niet meer.");
// A topic of agreed work would need an agreement before any time.
for (const field of ["impact", "reach", ...(has("fair_use") ? ["topic"] : []), "urgency"]) {
  const select = customer.locator(`select[name=${field}]`);
  if (await select.count() > 0) await select.selectOption({ index: 1 });
}
await customer.locator("main form.fields button.primary").click();
await customer.waitForSelector(".payer");
const ticket = new URL(customer.url()).pathname;
await look(customer, "ticket", ticket);
for (const lang of ["nl", "en"]) {
  await customer.waitForSelector(`html[lang=${lang}]`);
  expect((await customer.locator(".payer p").allInnerTexts()).join("").length > 40, `the ticket says in ${lang} who pays and why`);
  expect((await customer.locator("#clocks").count() > 0) === has("priorities"), `the ticket says in ${lang} by when an answer is due, where that is promised`);
  if (!has("cards")) expect(!CARDS.test(await text(customer)), `the ticket in ${lang} has no word of cards`);
  await other(customer);
}
await look(customer, "tickets", `${first}/tickets`);
const late = customer.locator("main a[href^='/tickets/']", { hasText: "Export van cijfers" }).first();
await look(customer, "late", await late.getAttribute("href"));

// The agent sees it on the desk, answers, and logs time.
const agent = await visitor("agent");
await look(agent, "desk", "/desk");
if (!has("cards")) expect(!CARDS.test(await text(agent)), "the desk has no word of cards");
if (has("priorities")) {
  const due = await agent.locator("section[aria-labelledby=due] li").count();
  expect(due > 0, "the desk lists what is due");
}
await look(agent, "ticket-by-agent", ticket);
const number = (await agent.locator("dl.facts dd").first().innerText()).trim();
await agent.fill("#text", "Dat kan onder Groepen, met de knop rechtsboven.");
await agent.locator("#reply button.primary").click();
await agent.waitForSelector("#notice .alert");
expect(/Groepen/.test(await agent.locator(".said").innerText()), "the answer stands on the ticket");
await agent.goto(`${url}/desk`);
const option = await agent.locator("#tickets option").evaluateAll((all, number) => all.map((each) => each.value).find((value) => value.startsWith(`${number} `)), number);
await agent.fill("#ticket", option ?? number);
await agent.fill("#time", "0:10");
await agent.fill("#description", "Uitgelegd waar het staat");
await agent.press("#description", "Enter");
await agent.waitForSelector("#notice .alert, #entry [role=alert]");
const free = (await agent.locator("#entry [role=alert]").count()) === 0;
expect(free || has("cards"), "time is booked, or the desk says what is needed first");
await look(agent, "desk-after");
if (has("fair_use")) {
  await look(agent, "fair-use-list", "/fair-use");
  expect(await agent.locator("main", { hasText: "Waterland" }).count() > 0, "who asks more than is fair stands in the list");
}

// The customer reads what was done.
await customer.goto(url + ticket);
await customer.waitForSelector("html[lang=nl]");
expect(/Groepen/.test(await customer.locator("main").innerText()), "the customer reads the answer");

// Finance opens what it may.
const finance = await visitor("finance");
await look(finance, "finance");
if (!has("cards")) expect(!CARDS.test(await text(finance)), "finance has no word of cards");
for (const path of ["/customers", ...(has("cards") ? ["/finance"] : []), ...(has("availability") ? ["/availability"] : [])]) {
  await finance.goto(url + path);
  expect((await finance.locator("main h1").count()) === 1, `finance may open ${path}`);
}
await finish();
