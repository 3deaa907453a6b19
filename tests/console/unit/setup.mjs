/** What the page gives the console's modules before they run: the words and the icons. */

globalThis.consoleWords = { language: "en", texts: {} };
// lit-html asks for the second; the tests render nothing.
globalThis.document = { body: { dataset: { icons: "/icons.svg" } }, createTreeWalker: () => null, getElementById: () => null };
