// A journey through the demo in headless Chromium: the customer accepts, the agent logs 50 minutes, the balance shows 60 charged.
// On the way every page is looked at by axe-core, in light and dark, wide and narrow, and nothing may be blocked by the content security policy.
//
//   node journey.mjs URL CHROMIUM DIRECTORY PASSWORD     screenshots go to DIRECTORY
import { expect, finish, look, url, visitor } from "./browse.mjs";

const stranger = await visitor();
await look(stranger, "login", "/login");
await stranger.fill("#email", "customer@demo.example");
await stranger.fill("#password", "not the password");
await stranger.press("#password", "Enter");
await stranger.waitForSelector("[role=alert]");
expect((await stranger.inputValue("#email")) === "customer@demo.example", "a refused login keeps the address that was typed");

// The customer accepts an estimate in one click.
const customer = await visitor("customer");
await look(customer, "start");
const home = customer.locator("main a[href^='/customers/']").first();
if (new URL(customer.url()).pathname === "/balance") await home.click();
await customer.waitForSelector(".balance .big");
const balance = new URL(customer.url()).pathname;
await look(customer, "balance");
const ask = customer.locator("article.ask", { has: customer.locator("button.primary") }).first();
const subject = (await ask.locator("h3").innerText()).trim();
const ticket = await ask.locator("h3 a").getAttribute("href");
await ask.locator("button.primary").click();
await customer.waitForLoadState();
const asked = await customer.locator("article.ask h3").allInnerTexts();
const body = await customer.locator("main").innerText();
expect(!asked.includes(subject) && body.includes(subject), `the accepted estimate for "${subject}" no longer waits, and holds its minutes`);
await look(customer, "accepted");

// The agent logs 50 minutes; the line says what it will charge before it is sent.
const agent = await visitor("agent");
await agent.waitForSelector("#entry");
const number = subject.match(/\d+/)[0];
const option = await agent.locator("#tickets option").evaluateAll((all, number) => all.map((each) => each.value).find((value) => value.startsWith(`${number} `)), number);
expect(option, "the ticket can be picked in the agent's line");
await agent.fill("#ticket", option);
await agent.fill("#time", "0:50");
await agent.waitForFunction(() => /1:00/.test(document.querySelector("#understood").textContent));
expect(true, "0:50 is read as fifty minutes, and 1:00 is announced before anything is sent");
await look(agent, "desk-preview");
await agent.fill("#description", "Samen met de coördinator doorgelopen en ingesteld");
await agent.press("#description", "Enter");
await agent.waitForSelector("#notice .alert");
expect(/1:00/.test(await agent.locator("#notice").innerText()), "the desk says that 1:00 was booked");
await look(agent, "desk-booked");
await agent.fill("#ticket", option);
await agent.fill("#time", "9u");
await agent.fill("#description", "Veel meer dan was afgesproken");
await agent.press("#description", "Enter");
await agent.waitForSelector("#entry [role=alert], #entry .error");
expect((await agent.inputValue("#description")) === "Veel meer dan was afgesproken", "a refusal at the desk keeps what was typed");
await look(agent, "desk-refused");
await look(agent, "ticket", ticket);
await look(agent, "tickets", "/tickets");
await look(agent, "tickets-late", "/tickets?overdue=yes&status=open");
await look(agent, "customers", "/customers");
await look(agent, "new-customer", "/customers/new");
await look(agent, "customer-by-agent", balance);
await look(agent, "contacts", `${balance}/contacts`);

// The customer sees what was charged.
await customer.goto(url + balance);
const first = customer.locator("table.lines tbody tr", { hasText: "Samen met de coördinator" }).first();
const line = await first.innerText();
expect(/0:50/.test(line) && /1:00/.test(line), "the balance shows 0:50 worked and 1:00 charged");
await look(customer, "charged");
await look(customer, "contacts-by-owner", `${balance}/contacts`);
await look(customer, "ticket-by-customer", ticket);
await customer.fill("#text", "Het gebeurt nu ook op de telefoon.");
await customer.locator("#reply button.primary").click();
await customer.waitForSelector("#notice .alert");
expect(/op de telefoon/.test(await customer.locator(".said").innerText()), "what the customer writes stands on the ticket");
await look(customer, "report", `${balance}/tickets/new`);
await look(customer, "tickets-of-customer", `${balance}/tickets`);
await look(customer, "invoices", `${balance}/invoices`);
await look(customer, "not-found", "/customers/00000000-0000-7000-8000-000000000000");
await customer.goto(url + balance);
await customer.locator("form[action='/language'] button").click();
await customer.waitForSelector("html[lang=en]");
await look(customer, "balance-in-english");

const finance = await visitor("finance");
await look(finance, "finance", "/finance");
await look(finance, "invoice", await finance.locator("main a[href^='/invoices/']").first().getAttribute("href"));
const admin = await visitor("admin");
await look(admin, "users", "/users");

// The same without JavaScript.
const plain = await visitor("agent", { javaScriptEnabled: false });
await plain.fill("#ticket", option);
await plain.fill("#time", "1u15");
await plain.fill("#description", "Zonder JavaScript");
await plain.locator("#entry button[name=preview]").click();
expect(/1:15/.test(await plain.locator("#understood").innerText()), "without JavaScript a button says what will be charged");
expect((await plain.inputValue("#description")) === "Zonder JavaScript", "and keeps what was typed");

await finish();
